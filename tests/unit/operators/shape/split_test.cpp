#include "operators/shape/split.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare_error;
using ::testing::ElementsAre;
using testing::TaskHarness;

const std::vector<Field> lines = {{"time", Type::time, Role::time}, {"line", Type::str}};

TEST(Split, makes_a_row_of_every_word) {
  TaskHarness task(split_operator(), {}, lines);
  task.feed({{"1s", "the quick  fox"}, {"2s", ""}, {"3s", " \t jumps "}});
  EXPECT_THAT(task.take(), ElementsAre("1s the", "1s quick", "1s fox", "3s jumps"));
}

TEST(Split, reads_the_field_that_it_is_told) {
  TaskHarness task(split_operator(), {{"of", {"text"}}, {"time", {"at"}}},
                   {{"at", Type::time}, {"text", Type::str}});
  task.feed({{"1s", "a b"}});
  EXPECT_THAT(task.take(), ElementsAre("1s a", "1s b"));
}

TEST(Split, wants_text) {
  EXPECT_EQ(declare_error(split_operator(), {}, {{{"time", Type::time}, {"line", Type::u16}}}),
            "field 'line' of stream 'default' of 'input' is of type u16; `of` needs string");
}

}  // namespace
}  // namespace dnstorm::operators
