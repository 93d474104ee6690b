#include "operators/shape/tee.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare_error;
using testing::TaskHarness;

const std::vector<Field> fields = {{"n", Type::u32}};

TEST(Tee, passes_the_same_batch_on_in_each_stream) {
  TaskHarness task(tee_operator(), {{"streams", {"a", "b"}}}, fields);
  EXPECT_EQ(task.declaration.outputs[1].name, "b");
  BatchBuilder builder(task.input_schema());
  for (int i = 0; i < 3; ++i) builder.add_row();
  BatchPtr batch = builder.seal();
  auto some = std::make_shared<const Selection>(Selection{0, 2});
  task.send(batch, some);
  for (std::size_t stream : {0U, 1U}) {
    auto out = task.take_batches(stream);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].first, batch);
    EXPECT_EQ(out[0].second, some);
  }
}

TEST(Tee, wants_names_for_its_streams) {
  EXPECT_EQ(declare_error(tee_operator(), {{"streams", {"a", "b", "a"}}}, {fields}),
            "stream 'a' is named twice");
  EXPECT_EQ(declare_error(tee_operator(), {{"streams", {}}}, {fields}), "no stream is named");
  EXPECT_EQ(declare_error(tee_operator(), {{"streams", {"a"}}}, {fields, fields}),
            "tee passes one stream on, and 2 come in; use one for each");
}

}  // namespace
}  // namespace dnstorm::operators
