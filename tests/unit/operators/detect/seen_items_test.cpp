#include "operators/detect/seen_items.hpp"

#include <gtest/gtest.h>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {
namespace {

std::uint64_t item(std::uint64_t i) { return hash_number(i * 0x9e3779b97f4a7c15ULL + 1); }

TEST(SeenItems, finds_what_was_added_from_the_next_turn_on) {
  SeenItems seen(64);
  EXPECT_FALSE(seen.contains(item(1)));
  seen.add(item(1));
  EXPECT_FALSE(seen.contains(item(1))) << "of a window that is under way nobody knows all";
  seen.turn();
  EXPECT_TRUE(seen.contains(item(1)));
  EXPECT_FALSE(seen.contains(item(2)));
}

TEST(SeenItems, errs_in_one_direction_and_seldom) {
  SeenItems seen(1024);
  // A third of 512 Ki bits: some 50,000 items.
  constexpr std::uint64_t items = 50'000;
  for (std::uint64_t i = 0; i < items; ++i) seen.add(item(i));
  seen.turn();
  for (std::uint64_t i = 0; i < items; ++i) ASSERT_TRUE(seen.contains(item(i))) << i;
  int wrong = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) wrong += seen.contains(item(i + 1'000'000)) ? 1 : 0;
  EXPECT_LE(wrong, 2'000) << "of 100,000";
}

TEST(SeenItems, forgets_what_does_not_come_again_and_keeps_what_does) {
  SeenItems seen(256);
  constexpr std::uint64_t once = 1, again = 2;
  seen.add(item(once));
  seen.add(item(again));
  seen.turn();
  int wrong = 0;
  for (std::uint64_t window = 0; window < 100; ++window) {
    ASSERT_TRUE(seen.meet(item(again))) << window;
    for (std::uint64_t i = 0; i < 2'000; ++i) seen.add(item(100 + window * 2'000 + i));
    seen.turn();
    for (std::uint64_t i = 0; i < 1'000; ++i) wrong += seen.contains(item(~i)) ? 1 : 0;
  }
  EXPECT_FALSE(seen.meet(item(once)));
  EXPECT_LE(wrong, 2'500) << "of 100,000, however much has gone through it";
}

TEST(SeenItems, is_the_same_after_a_checkpoint) {
  SeenItems seen(16);
  for (std::uint64_t i = 0; i < 1'500; ++i) {
    seen.add(item(i));
    if (i % 100 == 0) seen.turn();
  }
  StateWriter out;
  seen.save(out);
  std::string state = out.take();
  SeenItems restored(16);
  StateReader in(state);
  ASSERT_TRUE(restored.restore(in) && in.at_end());
  for (int turn = 0; turn < 3; ++turn) {
    for (std::uint64_t i = 0; i < 3'000; ++i)
      ASSERT_EQ(restored.contains(item(i)), seen.contains(item(i))) << i;
    seen.turn();
    restored.turn();
    seen.add(item(9'999));
    restored.add(item(9'999));
  }
  SeenItems other(32);
  StateReader again(state);
  EXPECT_FALSE(other.restore(again)) << "of another size";
  StateReader cut(std::string_view(state).substr(0, state.size() / 2));
  EXPECT_FALSE(SeenItems(16).restore(cut));
}

}  // namespace
}  // namespace dnstorm::operators
