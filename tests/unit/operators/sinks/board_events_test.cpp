#include "operators/sinks/board_events.hpp"

#include <gmock/gmock.h>

#include "operators/sinks/board.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TaskHarness;
using testing::TextRow;

std::vector<Field> event_fields() {
  std::vector<Field> fields = {{"time", Type::time, Role::time}, {"id", Type::u64, Role::key}};
  for (const char* name : {"detector", "state"}) fields.push_back({name, Type::str, Role::key});
  fields.push_back({"severity", Type::u8, Role::value, "severity"});
  fields.push_back({"score", Type::f64, Role::value});
  fields.push_back({"key_kind", Type::str, Role::key});
  fields.push_back({"key", Type::str, Role::value});
  for (const char* name : {"start", "end"}) fields.push_back({name, Type::time, Role::value});
  for (const char* name : {"evidence", "samples", "advice"})
    fields.push_back({name, Type::str, Role::value});
  return fields;
}

TextRow event(const std::string& id, const std::string& key) {
  return {"20s", id,    "tunnel", "opened",        "3",  "2.5", "domain",
          key,   "10s", "20s",    "{\"names\":7}", "[]", "look"};
}

TEST(BoardEvents, are_published_as_they_come_with_all_their_fields) {
  TaskHarness task(board_operator(), {{"view", {"events"}}}, event_fields());
  task.feed({event("18446744073709551615", "t.example"), event("8", "a \"b\"\x01\xff")});
  ASSERT_EQ(task.feed_list.frames.size(), 1);
  const FeedFrame& frame = task.feed_list.frames[0];
  EXPECT_EQ(frame.view, "events");
  EXPECT_EQ(frame.end, 20 * ns_per_s);
  ASSERT_EQ(frame.rows.size(), 2);
  EXPECT_EQ(frame.rows[0].key,
            R"({"time":"1970-01-01T00:00:20Z","id":18446744073709551615,"detector":"tunnel",)"
            R"("state":"opened","severity":"high","score":2.5,"key_kind":"domain",)"
            R"("key":"t.example","start":"1970-01-01T00:00:10Z","end":"1970-01-01T00:00:20Z",)"
            R"("evidence":"{\"names\":7}","samples":"[]","advice":"look"})");
  EXPECT_THAT(frame.rows[1].key, HasSubstr("\"key\":\"a \\\"b\\\"\\u0001\xef\xbf\xbd\""));
}

TEST(BoardEvents, are_no_windows) {
  TaskHarness task(board_operator(), {{"view", {"events"}}}, event_fields());
  task.finish();
  EXPECT_TRUE(task.feed_list.frames.empty());
}

TEST(BoardEvents, refuse_rows_that_are_none) {
  EXPECT_THAT(declare_error(board_operator(), {{"view", {"events"}}}, {testing::count_fields()}),
              HasSubstr("no security events"));
}

}  // namespace
}  // namespace dnstorm::operators
