#include "operators/multilang/handshake.hpp"

#include <gtest/gtest.h>

namespace dnstorm::operators {
namespace {

TaskContext splitter() {
  auto view = std::make_shared<TopologyView>();
  view->components = {{"lines", 2, 1, {{"default", {"line"}}}},
                      {"count", 1, 1, {}},
                      {"split", 3, 2, {{"default", {"word"}}, {"odd", {}}}}};
  view->edges = {{"lines", "default", "split", "SHUFFLE", {}},
                 {"split", "default", "count", "FIELDS", {"word"}},
                 {"split", "odd", "count", "GLOBAL", {}},
                 {"split", "odd", "lines", "PARTIAL_KEY", {"word"}}};
  view->config["split"] = {{"topology.debug", "true"},
                           {"topology.tick.tuple.freq.secs", "5"},
                           {"topology.checkpoint.dir", "a b"}};
  TaskContext task;
  task.topology = "words";
  task.component = "split";
  task.task_id = 4;
  task.inputs = {{"lines", "default",
                  std::make_shared<const Schema>(std::vector<Field>{{"line", Type::str}})}};
  task.view = view;
  return task;
}

TEST(Handshake, has_all_that_the_protocol_names) {
  std::vector<StreamDecl> streams = {{"default", {{"word", Type::str}}}, {"odd", {{"word"}}}};
  Json expected = Json::parse(R"({
    "conf": {"topology.name": "words", "topology.debug": true, "own": 7,
             "topology.tick.tuple.freq.secs": 5, "topology.checkpoint.dir": "a b"},
    "pidDir": "/pids",
    "context": {
      "taskid": 4, "componentid": "split",
      "task->component": {"1": "count", "2": "lines", "3": "split", "4": "split"},
      "streams": ["default", "odd"],
      "stream->outputfields": {"default": ["word"], "odd": ["word"]},
      "stream->target->grouping": {
        "default": {"count": {"type": "FIELDS", "fields": ["word"]}},
        "odd": {"count": {"type": "FIELDS", "fields": []},
                "lines": {"type": "CUSTOM_SERIALIZED"}}},
      "source->stream->grouping": {"lines": {"default": {"type": "SHUFFLE"}}},
      "source->stream->fields": {"lines": {"default": ["line"]}}}})");
  EXPECT_EQ(make_handshake(splitter(), {streams, {"own=7"}, {}}, "/pids"), expected);
}

TEST(Handshake, a_name_that_looks_like_a_number_is_a_name) {
  TaskContext task = splitter();
  task.topology = "1984";
  EXPECT_EQ(make_handshake(task, {}, "")["conf"]["topology.name"], "1984");
}

TEST(Handshake, settings_and_tasks_are_found) {
  EXPECT_EQ(setting_of(splitter(), "topology.debug"), "true");
  EXPECT_EQ(setting_of(splitter(), "nowhere"), "");
  EXPECT_EQ(first_task_of(splitter(), "split"), 3u);
  EXPECT_EQ(first_task_of(splitter(), "nobody"), 0u);
  EXPECT_EQ(setting_of(TaskContext(), "x"), "");
}

}  // namespace
}  // namespace dnstorm::operators
