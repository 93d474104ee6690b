#include "operators/shape/union.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TaskHarness;

const std::vector<Field> first = {
    {"time", Type::time, Role::time}, {"qname", Type::str}, {"size", Type::u32}};
const std::vector<Field> second = {
    {"size", Type::u32}, {"time", Type::time, Role::time}, {"qname", Type::str}};

TEST(Union, passes_rows_on_as_they_come_with_the_fields_of_the_first) {
  TaskHarness task(union_operator(), {}, {first, second});
  task.feed({{"1s", "a", "10"}, {"2s", "b", "20"}}, 0);
  task.feed({{"30", "1s", "c"}}, 1);
  task.feed({{"4s", "d", "40"}}, 0);
  EXPECT_THAT(task.take(), ElementsAre("1s a 10", "2s b 20", "1s c 30", "4s d 40"));
}

TEST(Union, reads_of_each_input_what_is_read_of_it) {
  TaskHarness task(union_operator(), {}, {first, second}, {.read_outputs = {"size"}});
  EXPECT_EQ(task.input_schema(0)->names(), "size");
  EXPECT_EQ(task.input_schema(1)->names(), "size");
  task.feed({{"30", "1s", "c"}}, 1);
  EXPECT_THAT(task.take(), ElementsAre("30"));
  auto declaration = declare(union_operator(), {}, {first, second}).value();
  EXPECT_THAT(declaration.reads, ElementsAre(IsEmpty(), IsEmpty()));
  EXPECT_TRUE(declaration.outputs[0].of_all_inputs);
}

TEST(Union, wants_the_same_fields) {
  EXPECT_EQ(
      declare_error(union_operator(), {}, {first, {{"time", Type::time}}}),
      "stream 'default' of 'input' and stream 'default' of 'input' have different fields: the "
      "second has no 'qname'; `map` can make them alike");
  EXPECT_EQ(
      declare_error(union_operator(), {}, {{{"time", Type::time}}, first}),
      "stream 'default' of 'input' and stream 'default' of 'input' have different fields: the "
      "first has no 'qname'; `map` can make them alike");
  EXPECT_EQ(
      declare_error(union_operator(), {}, {{{"n", Type::u8}}, {{"n", Type::u16}}}),
      "stream 'default' of 'input' and stream 'default' of 'input' have different fields: 'n' "
      "is a u8 and a u16; `map` can make them alike");
}

}  // namespace
}  // namespace dnstorm::operators
