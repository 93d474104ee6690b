#include "operators/detect/domain_novelty.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dnstorm::operators {
namespace {

constexpr DurationNs width = 10 * ns_per_s;
constexpr TimeNs start = 1000 * width;
const std::uint64_t site = hash_number(1), other = hash_number(2);

TEST(DomainNovelty, a_domain_with_few_new_names_among_many_is_not_mostly_new) {
  DomainNovelty novelty(0.1, width);
  TimeNs now = start;
  EXPECT_TRUE(novelty.is_mostly_new(site, now));
  now += width;
  EXPECT_TRUE(novelty.is_mostly_new(site, now));
  for (int i = 0; i < 2; ++i) novelty.repeat(site, ++now);  // stands for 16
  EXPECT_FALSE(novelty.is_mostly_new(site, now));
  EXPECT_TRUE(novelty.is_mostly_new(other, now));
  for (int i = 0; i < 2; ++i) novelty.is_mostly_new(site, ++now);
  EXPECT_TRUE(novelty.is_mostly_new(site, now)) << "4 of 36 are";
}

TEST(DomainNovelty, in_the_first_window_all_is_new_and_says_nothing) {
  DomainNovelty novelty(0.1, width);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(novelty.is_mostly_new(site, start + i));
  TimeNs now = start + width;
  novelty.is_mostly_new(site, now);
  for (int i = 0; i < 2; ++i) novelty.repeat(site, now);
  EXPECT_FALSE(novelty.is_mostly_new(site, now));
}

TEST(DomainNovelty, what_was_long_ago_counts_less) {
  DomainNovelty novelty(0.1, width);
  novelty.is_mostly_new(site, start);
  TimeNs now = start + width;
  novelty.is_mostly_new(site, now);
  for (int i = 0; i < 100; ++i) novelty.repeat(site, now);
  EXPECT_FALSE(novelty.is_mostly_new(site, now));
  now += 24 * 3600 * ns_per_s;
  EXPECT_TRUE(novelty.is_mostly_new(site, now));
}

TEST(DomainNovelty, is_the_same_after_a_checkpoint) {
  DomainNovelty novelty(0.1, width);
  for (int i = 0; i < 4000; ++i) {
    TimeNs now = start + i * ns_per_s;
    novelty.is_mostly_new(hash_number(static_cast<std::uint64_t>(i % 1500)), now);
    novelty.repeat(hash_number(static_cast<std::uint64_t>(i % 700)), now);
  }
  StateWriter out;
  for (std::uint32_t group = 0; group < key_groups; ++group) novelty.save_group(group, out);
  std::string state = out.take();
  StateReader in(state);
  DomainNovelty restored(0.1, width);
  for (std::uint32_t group = 0; group < key_groups; ++group)
    ASSERT_TRUE(restored.restore_group(group, in));
  ASSERT_TRUE(in.at_end());
  for (std::uint64_t i = 0; i < 1500; ++i)
    EXPECT_EQ(restored.is_mostly_new(hash_number(i), start + width * 500),
              novelty.is_mostly_new(hash_number(i), start + width * 500));
}

}  // namespace
}  // namespace dnstorm::operators
