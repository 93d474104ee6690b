#include "operators/detect/repeated_answers.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dnstorm::operators {
namespace {

constexpr std::uint64_t name = 0x1234'5678'9abc'def0;
constexpr DurationNs width = 10 * ns_per_s;

AnswerSet set_of(const std::vector<std::string>& addresses, std::uint32_t ttl = 60) {
  AnswerSet set;
  for (const std::string& address : addresses) set.add(parse_ip(address).value(), ttl);
  return set;
}

TEST(AnswerSet, isOfAddressesInAnyOrder) {
  AnswerSet set = set_of({"192.0.2.1", "2001:db8::1", "192.0.2.4"});
  EXPECT_EQ(set.hash, set_of({"192.0.2.4", "192.0.2.1", "2001:db8::1"}).hash);
  EXPECT_EQ(set.size, 3U);
  EXPECT_NE(set_of({"192.0.2.1", "192.0.2.4"}).hash, set_of({"192.0.2.2", "192.0.2.3"}).hash);
}

TEST(RepeatedAnswers, areEnoughAfterSoManyAddressesInAWindow) {
  RepeatedAnswers answers(width, 5);
  AnswerSet set = set_of({"192.0.2.1", "192.0.2.2"}), other = set_of({"192.0.2.1", "192.0.2.3"});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(answers.is_enough(name, set, ns_per_s));
  EXPECT_TRUE(answers.is_enough(name, set, 9 * ns_per_s));
  EXPECT_FALSE(answers.is_enough(name, other, 9 * ns_per_s)) << "other addresses";
  EXPECT_FALSE(answers.is_enough(name + 1, set, 9 * ns_per_s)) << "another name";
  EXPECT_FALSE(answers.is_enough(name, set, 10 * ns_per_s)) << "the next window";
  EXPECT_FALSE(answers.is_enough(name, set, 9 * ns_per_s)) << "late: it counts";
}

TEST(RepeatedAnswers, withALowerTtlAreLetThrough) {
  RepeatedAnswers answers(width, 1);
  EXPECT_FALSE(answers.is_enough(name, set_of({"192.0.2.1"}, 60), 0));
  EXPECT_TRUE(answers.is_enough(name, set_of({"192.0.2.1"}, 61), 0));
  EXPECT_FALSE(answers.is_enough(name, set_of({"192.0.2.1"}, 59), 0));
  EXPECT_TRUE(answers.is_enough(name, set_of({"192.0.2.1"}, 60), 0));
}

TEST(RepeatedAnswers, areRestored) {
  RepeatedAnswers answers(width, 2), again(width, 2);
  for (std::uint64_t i = 0; i < 100; ++i)
    answers.is_enough(hash_number(i) >> 7, set_of({"192.0.2.1"}), 5);
  EXPECT_FALSE(answers.idle(0));
  EXPECT_TRUE(answers.idle(1));
  StateWriter out;
  answers.save_group(0, out);
  std::string state = out.take();
  StateReader in(state);
  ASSERT_TRUE(again.restore_group(0, in));
  EXPECT_TRUE(in.at_end());
  for (int round = 0; round < 2; ++round)
    for (std::uint64_t i = 0; i < 100; ++i)
      EXPECT_EQ(answers.is_enough(hash_number(i) >> 7, set_of({"192.0.2.1"}), 7),
                again.is_enough(hash_number(i) >> 7, set_of({"192.0.2.1"}), 7));
}

}  // namespace
}  // namespace dnstorm::operators
