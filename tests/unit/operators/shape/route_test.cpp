#include "operators/shape/route.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

const std::vector<Field> messages = {
    {"number", Type::u32}, {"rcode", Type::u8, Role::plain, "rcode"}, {"size", Type::u32}};
const std::vector<TextRow> rows = {
    {"0", "0", "90"}, {"1", "2", "900"}, {"2", "3", "40"}, {"3", "0", "1400"}, {"4", "3", "1400"}};
const std::vector<std::string> routes = {"failures = rcode == SERVFAIL", "large = size > 512",
                                         "missing = rcode == NXDOMAIN"};

TEST(Route, sends_a_row_to_the_first_stream_that_it_fits) {
  TaskHarness task(route_operator(), {{"routes", routes}}, messages);
  task.feed(rows);
  EXPECT_THAT(task.take(0), ElementsAre("1 2 900"));
  EXPECT_THAT(task.take(1), ElementsAre("3 0 1400", "4 3 1400"));
  EXPECT_THAT(task.take(2), ElementsAre("2 3 40"));
  EXPECT_THAT(task.take(3), ElementsAre("0 0 90"));
  EXPECT_EQ(task.counter("to_failures"), 1U);
  EXPECT_EQ(task.counter("to_large"), 2U);
  EXPECT_EQ(task.counter("to_missing"), 1U);
  EXPECT_EQ(task.counter("to_else"), 1U);
}

TEST(Route, sends_a_row_to_every_stream_that_it_fits) {
  TaskHarness task(route_operator(), {{"routes", routes}, {"match", {"all"}}, {"else", {"fine"}}},
                   messages);
  task.feed(rows);
  EXPECT_THAT(task.take(0), ElementsAre("1 2 900"));
  EXPECT_THAT(task.take(1), ElementsAre("1 2 900", "3 0 1400", "4 3 1400"));
  EXPECT_THAT(task.take(2), ElementsAre("2 3 40", "4 3 1400"));
  EXPECT_THAT(task.take(3), ElementsAre("0 0 90"));
  EXPECT_EQ(task.counter("to_fine"), 1U);
}

TEST(Route, shares_the_batch_and_keeps_to_a_selection) {
  TaskHarness task(route_operator(), {{"routes", {"all = size >= 0"}}}, messages);
  BatchBuilder builder(task.input_schema());
  for (const TextRow& row : rows) task.write_row(builder.add_row(), row, 0);
  BatchPtr batch = builder.seal();
  auto some = std::make_shared<const Selection>(Selection{1, 4});
  task.send(batch, some);
  task.send(batch);
  auto out = task.take_batches(0);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].first, batch);
  EXPECT_EQ(out[0].second, some) << "a selection that stays whole is passed on";
  EXPECT_EQ(out[1].second, nullptr);
  EXPECT_THAT(task.take_batches(1), IsEmpty());
}

TEST(Route, leaves_rows_of_a_stream_without_readers_to_no_other) {
  TaskHarness task(route_operator(), {{"routes", routes}}, messages, {.outputs_wanted = false});
  task.feed(rows);
  EXPECT_EQ(task.counter("to_large"), 2U);
  EXPECT_EQ(task.counter("to_else"), 1U);
}

TEST(Route, declares_a_stream_for_each_route_and_the_rest) {
  auto declaration = declare(route_operator(), {{"routes", routes}}, {messages}).value();
  std::vector<std::string> names;
  for (const StreamDecl& stream : declaration.outputs) {
    names.push_back(stream.name);
    EXPECT_TRUE(stream.forwards_input);
  }
  EXPECT_THAT(names, ElementsAre("failures", "large", "missing", "else"));
  EXPECT_THAT(declaration.reads[0], ElementsAre("rcode", "size"));
}

TEST(Route, refuses_with_one_clear_sentence) {
  struct Case {
    std::vector<std::string> routes;
    const char* error;
  };
  const Case cases[] = {
      {{"failures"}, "'failures' is not written as STREAM = CONDITIONS"},
      {{"two words = size > 1"}, "'two words = size > 1' is not written as STREAM = CONDITIONS"},
      {{"a = size > 1", "a = size > 2"}, "stream 'a' has two routes"},
      {{"else = size > 1"}, "stream 'else' is for what has no route; `else` gives it another name"},
      {{"a = sise > 1"}, "stream 'default' of 'input' has no field 'sise', did you mean 'size'?"},
      {{"a = size > x"}, "in the filter, 'size >': 'x' is not a u32"},
      {{"a = size"},
       "in the filter 'size' at the end: one of == != < <= > >= in, not in, contains, "
       "starts_with, ends_with, under is expected"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(declare_error(route_operator(), {{"routes", c.routes}}, {messages}), c.error);
  EXPECT_EQ(declare_error(route_operator(), {{"routes", {"a = size > 1"}}}, {messages, messages}),
            "route passes one stream on, and 2 come in; use one for each");
}

}  // namespace
}  // namespace dnstorm::operators
