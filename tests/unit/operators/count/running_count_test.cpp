#include "operators/count/running_count.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using testing::TaskHarness;

const std::vector<Field> words = {{"time", Type::time, Role::time}, {"word", Type::str}};

// Storm's A1, the counter: (nathan,1) (bob,1) (joey,1) (nathan,2).
TEST(RunningCount, counts_every_word_as_it_comes) {
  TaskHarness task(running_count_operator(), {}, words);
  task.feed({{"1s", "nathan"}, {"1s", "bob"}, {"2s", "joey"}, {"2s", "nathan"}});
  EXPECT_THAT(task.take(), ElementsAre("nathan 1", "bob 1", "joey 1", "nathan 2"));
}

TEST(RunningCount, several_fields_are_one_key) {
  TaskHarness task(running_count_operator(), {{"by", {"a", "b"}}},
                   {{"a", Type::u16}, {"b", Type::str}});
  task.feed({{"1", "x"}, {"1", "y"}, {"1", "x"}});
  EXPECT_THAT(task.take(), ElementsAre("1 x 1", "1 y 1", "1 x 2"));
}

}  // namespace
}  // namespace dnstorm::operators
