#include "operators/grouping/first_tasks.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/grouping/grouping_harness.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using testing::GroupingHarness;
using ::testing::IsEmpty;

TEST(FirstTasks, NamesAsManyAsItIsTold) {
  GroupingHarness two(first_tasks_grouping(), {{"count", "2"}}, 4);
  EXPECT_THAT(two.tasks_of("192.0.2.1"), ElementsAre(0, 1));
  GroupingHarness one(first_tasks_grouping(), {}, 4);
  EXPECT_THAT(one.tasks_of("192.0.2.1"), ElementsAre(0));
}

TEST(FirstTasks, NamesAllIfThereAreFewer) {
  GroupingHarness three(first_tasks_grouping(), {{"count", "3"}}, 2);
  EXPECT_THAT(three.tasks_of("192.0.2.1"), ElementsAre(0, 1));
}

TEST(FirstTasks, ReadsNoField) {
  EXPECT_THAT(GroupingHarness::declare(first_tasks_grouping(), {})->reads, IsEmpty());
}

TEST(FirstTasks, RefusesNone) {
  auto refused = GroupingHarness::declare(first_tasks_grouping(), {{"count", "0"}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().subject, "count");
}

}  // namespace
}  // namespace dnstorm::operators
