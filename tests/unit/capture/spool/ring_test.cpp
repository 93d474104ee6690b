#include "capture/spool/ring.hpp"

#include <gtest/gtest.h>

namespace dnstorm::capture::spool {
namespace {

Segment segment(std::uint64_t number, std::uint64_t bytes, TimeNs first, TimeNs last) {
  return {number, number * 10, 10, first, last, true, bytes};
}

TEST(Ring, a_segment_is_due_when_it_is_full) {
  Ring ring({16 << 20, 0});
  EXPECT_EQ(ring.segment_bytes(), 1u << 20);
  Segment open{1, 0, 5, 0, 0, false, (1 << 20) - 100};
  EXPECT_FALSE(ring.due(open, 100, 0));
  EXPECT_TRUE(ring.due(open, 101, 0));
  open.packets = 0;
  EXPECT_FALSE(ring.due(open, 1 << 21, 0)) << "a packet that fits nowhere has one of its own";
}

TEST(Ring, a_segment_is_due_when_it_has_its_share_of_time) {
  Ring ring({1 << 30, 160});
  Segment open{1, 0, 5, 1000, 1005, false, 100};
  EXPECT_FALSE(ring.due(open, 100, 1010));
  EXPECT_TRUE(ring.due(open, 100, 1011));
}

TEST(Ring, keeps_within_its_bytes_with_the_open_segment) {
  Ring ring({16 << 20, 0});
  for (std::uint64_t i = 1; i <= 15; ++i) ring.complete(segment(i, 1 << 20, 0, 0));
  EXPECT_TRUE(ring.expire(0).empty());
  ring.complete(segment(16, 1 << 20, 0, 0));
  auto gone = ring.expire(0);
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0].number, 1u);
  EXPECT_EQ(ring.bytes(), 15u << 20);
}

TEST(Ring, forgets_what_is_older_than_its_time) {
  Ring ring({1 << 30, 100});
  ring.complete(segment(1, 10, 0, 50));
  ring.complete(segment(2, 10, 50, 120));
  EXPECT_TRUE(ring.expire(150).empty());
  ASSERT_EQ(ring.expire(151).size(), 1u);
  EXPECT_EQ(ring.segments().front().number, 2u);
}

TEST(Ring, gives_up_the_oldest_if_asked) {
  Ring ring({1 << 30, 0});
  EXPECT_FALSE(ring.give_up_oldest());
  ring.complete(segment(1, 10, 0, 0));
  EXPECT_EQ(ring.give_up_oldest()->number, 1u);
  EXPECT_EQ(ring.bytes(), 0u);
}

}  // namespace
}  // namespace dnstorm::capture::spool
