#include "operators/multilang/commands.hpp"

#include <gmock/gmock.h>

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
T parsed(std::string_view text) {
  auto command = parse_command(text);
  EXPECT_TRUE(command.ok()) << command.error().what;
  return std::get<T>(*command);
}

std::string problem(std::string_view text) {
  auto command = parse_command(text);
  return command.ok() ? "" : command.error().what;
}

TEST(Commands, emit_has_storms_defaults) {
  auto emit = parsed<EmitCommand>(R"({"command": "emit", "tuple": ["a", 1]})");
  EXPECT_EQ(emit.values, Json::parse(R"(["a", 1])"));
  EXPECT_EQ(emit.stream, "default");
  EXPECT_EQ(emit.task, 0u);
  EXPECT_TRUE(emit.need_task_ids);
  EXPECT_TRUE(emit.anchors.empty());
  EXPECT_TRUE(emit.id.is_null());
}

TEST(Commands, emit_with_everything) {
  auto emit = parsed<EmitCommand>(
      R"({"command": "emit", "tuple": [], "anchors": ["1", 2], "stream": "s", "task": 9,
          "need_task_ids": false, "id": 17})");
  EXPECT_THAT(emit.anchors, ElementsAre("1", "2"));
  EXPECT_EQ(emit.stream, "s");
  EXPECT_EQ(emit.task, 9u);
  EXPECT_FALSE(emit.need_task_ids);
  EXPECT_EQ(emit.id, 17);
}

TEST(Commands, anchors_may_be_one_bare_string) {
  auto emit = parsed<EmitCommand>(R"({"command": "emit", "tuple": [], "anchors": "-77"})");
  EXPECT_THAT(emit.anchors, ElementsAre("-77"));
}

TEST(Commands, the_others) {
  EXPECT_EQ(parsed<PidCommand>(R"({"pid": 12})").pid, 12);
  EXPECT_EQ(parsed<AckCommand>(R"({"command": "ack", "id": "3"})").id, "3");
  EXPECT_EQ(parsed<FailCommand>(R"({"command": "fail", "id": 3})").id, "3");
  EXPECT_EQ(parsed<LogCommand>(R"({"command": "log", "msg": "m"})").level, 2);
  EXPECT_EQ(parsed<LogCommand>(R"({"command": "log", "msg": "m", "level": 4})").level, 4);
  EXPECT_EQ(parsed<ErrorCommand>(R"({"command": "error", "msg": "m"})").text, "m");
  auto metric = parsed<MetricsCommand>(R"({"command": "metrics", "name": "n", "params": 5})");
  EXPECT_EQ(metric.name, "n");
  EXPECT_EQ(metric.value, 5);
  parsed<SyncCommand>("{\"command\":\n\"sync\"}\n");
}

TEST(Commands, what_is_none_is_shown) {
  EXPECT_EQ(problem("hello\n{\"command\": \"sync\"}"),
            "the child sent what is no multilang message (it is not JSON): hello {\"command\": "
            "\"sync\"}");
  EXPECT_THAT(problem(""), HasSubstr("not JSON"));
  EXPECT_THAT(problem("[1]"), HasSubstr("it is not an object"));
  EXPECT_THAT(problem("{}"), HasSubstr("needs a `command`"));
  EXPECT_THAT(problem(R"({"command": "dance"})"), HasSubstr("not known"));
  EXPECT_THAT(problem(R"({"command": "emit", "tuple": "a"})"), HasSubstr("`tuple` is a list"));
  EXPECT_THAT(problem(R"({"command": "emit", "tuple": [], "task": -3})"), HasSubstr("`task`"));
  EXPECT_THAT(problem(R"({"command": "ack"})"), HasSubstr("needs an `id`"));
  EXPECT_THAT(problem(std::string(100000, '[')), HasSubstr("nested too deep"));
}

}  // namespace
}  // namespace dnstorm::operators
