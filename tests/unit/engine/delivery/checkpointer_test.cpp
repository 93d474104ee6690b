#include "engine/delivery/checkpointer.hpp"

#include <gtest/gtest.h>

namespace dnstorm::delivery {
namespace {

constexpr TimeNs second = ns_per_s;

TEST(Checkpointer, is_complete_when_every_task_has_spoken) {
  Checkpointer checkpointer(3, second);
  EXPECT_FALSE(checkpointer.due(0));
  EXPECT_EQ(checkpointer.due(second), 1u);
  EXPECT_FALSE(checkpointer.saved(1, 2, "c"));
  EXPECT_FALSE(checkpointer.saved(1, 0, "a"));
  auto complete = checkpointer.saved(1, 1, "b");
  ASSERT_TRUE(complete);
  EXPECT_EQ(complete->number, 1u);
  EXPECT_EQ(complete->states, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Checkpointer, one_at_a_time) {
  Checkpointer checkpointer(1, second);
  (void)checkpointer.due(0);
  EXPECT_EQ(checkpointer.due(second), 1u);
  EXPECT_FALSE(checkpointer.due(2 * second));
  EXPECT_TRUE(checkpointer.saved(1, 0, ""));
  EXPECT_FALSE(checkpointer.due(2 * second + 1));
  EXPECT_EQ(checkpointer.due(3 * second), 2u);
}

TEST(Checkpointer, goes_on_counting_from_the_one_resumed) {
  Checkpointer checkpointer(1, second, 41);
  (void)checkpointer.due(0);
  EXPECT_EQ(checkpointer.due(second), 42u);
}

TEST(Checkpointer, a_task_that_has_ended_counts_for_all_later_ones) {
  Checkpointer checkpointer(2, second);
  (void)checkpointer.due(0);
  EXPECT_FALSE(checkpointer.ended(0, "end of a"));
  EXPECT_EQ(checkpointer.due(second), 1u);
  auto first = checkpointer.saved(1, 1, "b1");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->states, (std::vector<std::string>{"end of a", "b1"}));
  EXPECT_EQ(checkpointer.due(2 * second), 2u);
  EXPECT_EQ(checkpointer.saved(2, 1, "b2")->states[0], "end of a");
}

TEST(Checkpointer, an_end_while_one_is_under_way_speaks_for_it) {
  Checkpointer checkpointer(2, second);
  (void)checkpointer.due(0);
  EXPECT_EQ(checkpointer.due(second), 1u);
  EXPECT_FALSE(checkpointer.saved(1, 0, "a1"));
  // The first has spoken for it and then ended: its state at the barrier counts.
  EXPECT_FALSE(checkpointer.ended(0, "end of a"));
  auto complete = checkpointer.ended(1, "end of b");
  ASSERT_TRUE(complete);
  EXPECT_EQ(complete->states, (std::vector<std::string>{"a1", "end of b"}));
  EXPECT_TRUE(checkpointer.all_ended());
  EXPECT_FALSE(checkpointer.due(9 * second));
}

}  // namespace
}  // namespace dnstorm::delivery
