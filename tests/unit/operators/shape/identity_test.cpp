#include "operators/shape/identity.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare_error;
using testing::TaskHarness;

TEST(Identity, passes_every_row_on) {
  TaskHarness task(identity_operator(), {}, {{"word", Type::str}, {"n", Type::u16}},
                   {.read_outputs = {"word", "n"}});
  task.feed({{"a", "1"}, {"b", "2"}});
  EXPECT_THAT(task.take(), ::testing::ElementsAre("a 1", "b 2"));
}

TEST(Identity, takes_one_stream) {
  std::vector<Field> fields = {{"word", Type::str}};
  EXPECT_EQ(declare_error(identity_operator(), {}, {fields, fields}),
            "passes one stream on, and 2 come in; use one for each");
}

}  // namespace
}  // namespace dnstorm::operators
