#include "operators/sinks/board.hpp"

#include "tests/unit/operators/sinks/sink_fields.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TaskHarness;

std::vector<std::string> rows_of(const FeedFrame& frame) {
  std::vector<std::string> out;
  for (const FeedRow& row : frame.rows) {
    std::string text = row.key + ":";
    for (double value : row.values) text += fmt::format(" {}", value);
    out.push_back(std::move(text));
  }
  return out;
}

TEST(Board, shows_a_table_by_size) {
  TaskHarness task(board_operator(), {{"title", {"Types"}}}, testing::count_fields());
  task.feed({{"0s", "10s", "1", "0", "5"},
             {"0s", "10s", "28", "3", "50"},
             {"0s", "10s", "15", "0", "5"}});
  EXPECT_TRUE(task.feed_list.frames.empty());
  task.watermark(10 * ns_per_s);
  ASSERT_EQ(task.feed_list.frames.size(), 1);
  const FeedFrame& frame = task.feed_list.frames[0];
  EXPECT_EQ(frame.panel, "input");
  EXPECT_EQ(frame.view, "table");
  EXPECT_EQ(frame.title, "Types");
  EXPECT_EQ(frame.start, 0);
  EXPECT_EQ(frame.end, 10 * ns_per_s);
  EXPECT_THAT(frame.columns, ElementsAre("count"));
  EXPECT_THAT(rows_of(frame), ElementsAre("AAAA NXDOMAIN: 50", "A NOERROR: 5", "MX NOERROR: 5"));
}

TEST(Board, shows_a_top_by_rank_and_feeds_a_wall_from_it) {
  for (const char* view : {"table", "wall"}) {
    TaskHarness task(board_operator(), {{"view", {view}}, {"values", {"count"}}},
                     testing::top_fields());
    task.feed({{"0s", "10s", "2", "b.example", "40", "0"},
               {"0s", "10s", "1", "c.example", "40", "0"},
               {"0s", "10s", "10", "a.example", "1", "0"}});
    task.finish();
    ASSERT_EQ(task.feed_list.frames.size(), 1);
    if (std::string(view) == "table")
      EXPECT_THAT(rows_of(task.feed_list.frames[0]),
                  ElementsAre("c.example: 40", "b.example: 40", "a.example: 1"));
    else
      EXPECT_THAT(rows_of(task.feed_list.frames[0]),
                  ElementsAre("a.example: 1", "b.example: 40", "c.example: 40"));
  }
}

TEST(Board, limits_tables_but_never_walls) {
  for (const char* view : {"table", "wall"}) {
    TaskHarness task(board_operator(), {{"view", {view}}, {"limit", {"1"}}},
                     testing::count_fields());
    task.feed({{"0s", "10s", "1", "0", "5"}, {"0s", "10s", "28", "3", "50"}});
    task.finish();
    EXPECT_EQ(task.feed_list.frames.at(0).rows.size(), std::string(view) == "table" ? 1 : 2);
  }
}

TEST(Board, says_how_many_cells_a_wall_has) {
  for (const char* cells : {"128", "400"}) {
    TaskHarness task(board_operator(), {{"view", {"wall"}}, {"cells", {cells}}},
                     testing::count_fields());
    task.feed({{"0s", "10s", "1", "0", "5"}});
    task.finish();
    EXPECT_EQ(std::to_string(task.feed_list.frames.at(0).cells), cells);
  }
}

TEST(Board, draws_a_line_per_key) {
  TaskHarness task(board_operator(), {{"view", {"series"}}}, testing::count_fields());
  task.feed(
      {{"0s", "10s", "28", "0", "5"}, {"0s", "10s", "1", "0", "7"}, {"10s", "20s", "1", "0", "8"}});
  task.finish();
  ASSERT_EQ(task.feed_list.frames.size(), 2);
  EXPECT_THAT(rows_of(task.feed_list.frames[0]), ElementsAre("A NOERROR: 7", "AAAA NOERROR: 5"));
  EXPECT_THAT(rows_of(task.feed_list.frames[1]), ElementsAre("A NOERROR: 8"));
  EXPECT_EQ(task.feed_list.frames[1].start, 10 * ns_per_s);
}

TEST(Board, draws_a_line_per_number_without_keys) {
  auto fields = testing::with(testing::window_fields(), {{"queries", Type::u64, Role::value},
                                                         {"responses", Type::u64, Role::value}});
  TaskHarness task(board_operator(), {{"view", {"series"}}}, fields);
  task.feed({{"0s", "10s", "9", "8"}});
  task.finish();
  EXPECT_THAT(task.feed_list.frames.at(0).columns, ElementsAre("value"));
  EXPECT_THAT(rows_of(task.feed_list.frames[0]), ElementsAre("queries: 9", "responses: 8"));
}

TEST(Board, adds_totals_up) {
  TaskHarness task(board_operator(), {{"view", {"totals"}}}, testing::count_fields());
  task.feed({{"0s", "10s", "28", "0", "5"},
             {"10s", "20s", "28", "0", "5"},
             {"10s", "20s", "1", "0", "1"}});
  task.finish();
  ASSERT_EQ(task.feed_list.frames.size(), 2);
  EXPECT_THAT(rows_of(task.feed_list.frames[0]), ElementsAre("AAAA NOERROR: 5"));
  EXPECT_THAT(rows_of(task.feed_list.frames[1]), ElementsAre("A NOERROR: 1", "AAAA NOERROR: 10"));
}

TEST(Board, tells_a_top_of_bare_numbers_apart_by_rank) {
  auto fields = testing::with(testing::window_fields(), {{"rank", Type::u32, Role::key},
                                                         {"port", Type::u16, Role::value},
                                                         {"count", Type::u64, Role::value}});
  TaskHarness task(board_operator(), {}, fields);
  task.feed({{"0s", "10s", "1", "53", "9"}, {"0s", "10s", "2", "5353", "8"}});
  task.finish();
  EXPECT_THAT(rows_of(task.feed_list.frames.at(0)), ElementsAre("1: 53 9", "2: 5353 8"));
}

TEST(Board, refuses_what_it_cannot_show) {
  using testing::declare_error;
  EXPECT_THAT(declare_error(board_operator(), {}, {testing::message_fields()}),
              HasSubstr("put an aggregate"));
  EXPECT_THAT(
      declare_error(board_operator(), {{"view", {"totals"}}}, {testing::unbounded_fields()}),
      HasSubstr("for ever"));
  EXPECT_THAT(declare_error(board_operator(), {{"values", {"cuont"}}}, {testing::count_fields()}),
              HasSubstr("cuont"));
  EXPECT_THAT(declare_error(board_operator(), {{"panel", {"p"}}},
                            {testing::count_fields(), testing::top_fields()}),
              HasSubstr("several inputs"));
  EXPECT_EQ(declare_error(board_operator(), {{"view", {"wall"}}}, {testing::unbounded_fields()}),
            "");
}

}  // namespace
}  // namespace dnstorm::operators
