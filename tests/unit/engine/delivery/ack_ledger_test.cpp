#include "engine/delivery/ack_ledger.hpp"

#include <gtest/gtest.h>

namespace dnstorm::delivery {
namespace {

using End = AckLedger::End;

// Heron's H1: the last piece, and no other, makes a root done, in whatever order they come.
TEST(AckLedger, H1_a_root_is_done_when_its_pieces_cancel) {
  AckLedger ledger;
  std::uint64_t root = ledger.begin();
  ledger.seal(root, 0x11 ^ 0x22);
  ledger.update(root, 0x22);         // acked, nothing emitted
  ledger.update(root, 0x11 ^ 0x44);  // acked, one emitted
  EXPECT_FALSE(ledger.has_ended());
  ledger.update(root, 0x44);
  auto ended = ledger.take_ended();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].root, root);
  EXPECT_EQ(ended[0].how, End::acked);
  EXPECT_EQ(ledger.pending(), 0u);
}

TEST(AckLedger, a_root_that_nobody_reads_is_done_when_sealed) {
  AckLedger ledger;
  ledger.seal(ledger.begin(), 0);
  EXPECT_EQ(ledger.take_ended().at(0).how, End::acked);
}

// Storm: any acker message may come before the spout's own.
TEST(AckLedger, acks_may_come_before_the_seal) {
  AckLedger ledger;
  std::uint64_t root = ledger.begin();
  ledger.update(root, 0x7);
  EXPECT_FALSE(ledger.has_ended());
  ledger.seal(root, 0x7);
  EXPECT_EQ(ledger.take_ended().at(0).how, End::acked);
  std::uint64_t failed = ledger.begin();
  ledger.fail(failed);
  EXPECT_FALSE(ledger.has_ended());
  ledger.seal(failed, 0x9);
  EXPECT_EQ(ledger.take_ended().at(0).how, End::failed);
}

TEST(AckLedger, what_comes_for_a_root_that_has_ended_is_ignored) {
  AckLedger ledger;
  std::uint64_t root = ledger.begin();
  ledger.seal(root, 0x5);
  ledger.fail(root);
  EXPECT_EQ(ledger.take_ended().at(0).how, End::failed);
  ledger.update(root, 0x5);
  ledger.fail(root);
  ledger.reset(root);
  EXPECT_FALSE(ledger.has_ended());
}

// Storm: the pending map has two buckets, so a tuple fails between T and 2T.
TEST(AckLedger, H2_times_out_with_the_second_rotation) {
  AckLedger ledger;
  std::uint64_t early = ledger.begin();
  ledger.seal(early, 1);
  ledger.rotate();
  std::uint64_t late = ledger.begin();
  ledger.seal(late, 2);
  EXPECT_FALSE(ledger.has_ended());
  ledger.rotate();
  auto ended = ledger.take_ended();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].root, early);
  EXPECT_EQ(ended[0].how, End::timed_out);
  ledger.rotate();
  EXPECT_EQ(ledger.take_ended().at(0).root, late);
}

TEST(AckLedger, a_reset_gives_the_whole_time_again) {
  AckLedger ledger;
  std::uint64_t root = ledger.begin();
  ledger.seal(root, 1);
  for (int i = 0; i < 5; ++i) {
    ledger.rotate();
    EXPECT_FALSE(ledger.has_ended());
    ledger.reset(root);
  }
  ledger.rotate();
  ledger.rotate();
  EXPECT_EQ(ledger.take_ended().at(0).how, End::timed_out);
}

TEST(AckLedger, keeps_roots_apart) {
  AckLedger ledger;
  for (std::uint64_t i = 0; i < 100; ++i) ledger.seal(ledger.begin(), i + 1);
  for (std::uint64_t i = 99; i >= 50; --i) ledger.update(i, i + 1);
  EXPECT_EQ(ledger.pending(), 50u);
  auto ended = ledger.take_ended();
  EXPECT_EQ(ended.front().root, 99u);
  EXPECT_EQ(ended.back().root, 50u);
  EXPECT_EQ(ledger.begin(), 100u);
}

}  // namespace
}  // namespace dnstorm::delivery
