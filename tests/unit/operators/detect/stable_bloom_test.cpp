#include "operators/detect/stable_bloom.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace dnstorm::operators {
namespace {

std::uint64_t item(std::uint64_t i) { return hash_number(i * 0x9e3779b97f4a7c15ULL + 1); }

TEST(StableBloom, knows_what_has_been_added) {
  StableBloom filter(16);
  EXPECT_TRUE(filter.empty());
  EXPECT_FALSE(filter.meet(item(1)));
  filter.add(item(1));
  EXPECT_TRUE(filter.meet(item(1)));
  EXPECT_FALSE(filter.meet(item(2)));
}

// 64 Ki cells, and a hundred times as many items.
TEST(StableBloom, errs_in_one_of_a_hundred_however_much_has_gone_through_it) {
  StableBloom filter(256);
  int worst = 0;
  for (std::uint64_t round = 0; round < 20; ++round) {
    for (std::uint64_t i = 0; i < 300'000; ++i) filter.add(item(round * 300'000 + i));
    StableBloom looked_at = filter;  // meeting unknown ones gives them lives
    int wrong = 0;
    for (std::uint64_t i = 0; i < 20'000; ++i)
      wrong += looked_at.meet(item(~(round * 20'000 + i))) ? 1 : 0;
    worst = std::max(worst, wrong);
  }
  EXPECT_LE(worst, 20'000 * 13 / 1'000);
  EXPECT_GE(worst, 20'000 * 3 / 1'000) << "or the filter is larger than it need be";
}

TEST(StableBloom, forgets_what_is_not_met_again_as_documented) {
  StableBloom filter(256);
  constexpr std::uint64_t cells = 256 * 256, items = 500;
  // In the middle of others, as in steady state.
  for (std::uint64_t i = 0; i < cells; ++i) filter.add(item(1'000'000 + i));
  for (std::uint64_t i = 0; i < items; ++i) filter.add(item(i));
  auto known = [&](std::uint64_t first, std::uint64_t last) {
    StableBloom looked_at = filter;
    std::uint64_t count = 0;
    for (std::uint64_t i = first; i < last; ++i) count += looked_at.meet(item(i)) ? 1U : 0U;
    return count;
  };
  EXPECT_GE(known(0, items), items * 99 / 100);
  std::uint64_t next = 2'000'000;
  auto add_others = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      filter.add(item(next++));
      if (i % 20 == 0)
        for (std::uint64_t again = 0; again < 50; ++again) filter.meet(item(again));
    }
  };
  add_others(cells / 100);
  EXPECT_GE(known(50, items), (items - 50) * 95 / 100);
  add_others(cells / 24 - cells / 100);
  EXPECT_NEAR(static_cast<double>(known(50, items)), (items - 50) / 2.0, 50);
  add_others(cells);
  EXPECT_GE(known(0, 50), 49U) << "what is met stays";
  EXPECT_LE(known(50, items), items / 20) << "what is not goes";
}

TEST(StableBloom, is_the_same_after_a_checkpoint) {
  for (std::uint64_t items : {0U, 10U, 5'000U}) {
    StableBloom filter(16), restored(16);
    for (std::uint64_t i = 0; i < items; ++i) filter.add(item(i));
    StateWriter out;
    filter.save(out);
    std::string state = out.take();
    StateReader in(state);
    ASSERT_TRUE(restored.restore(in) && in.at_end()) << items;
    for (std::uint64_t i = 0; i < 6'000; ++i)
      ASSERT_EQ(restored.meet(item(i)), filter.meet(item(i))) << i;
    if (items == 0) continue;
    StableBloom other(32);
    StateReader again(state);
    EXPECT_FALSE(other.restore(again)) << "of another size";
    StateReader cut(std::string_view(state).substr(0, state.size() - 5));
    EXPECT_FALSE(restored.restore(cut));
  }
}

}  // namespace
}  // namespace dnstorm::operators
