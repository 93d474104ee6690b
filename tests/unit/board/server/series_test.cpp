#include "board/server/series.hpp"

#include <limits>
#include <nlohmann/json.hpp>

namespace dnstorm::board {
namespace {

using nlohmann::json;

FeedFrame frame(TimeNs second, std::vector<FeedRow> rows) {
  return {"rates",   "series",       "Rates", second * ns_per_s, (second + 1) * ns_per_s,
          {"count"}, std::move(rows)};
}

json state(const Series& series) {
  JsonWriter writer;
  series.write_state(writer);
  return json::parse(writer.text());
}

json delta(Series& series) {
  JsonWriter writer;
  series.write_delta(writer);
  return json::parse(writer.text());
}

TEST(Series, keeps_one_point_per_window_and_line) {
  Series series(600);
  series.add(frame(1, {{"queries", {10}}, {"responses", {8}}}));
  series.add(frame(2, {{"queries", {11}}}));
  EXPECT_EQ(state(series)["points"], json::parse("[[1000,2000,10,8],[2000,3000,11]]"));
  EXPECT_EQ(state(series)["lines"][1], json::parse(R"({"name":"responses","column":"count"})"));
}

TEST(Series, adds_up_frames_of_one_window_from_several_tasks) {
  Series series(600);
  series.add(frame(1, {{"", {10}}}));
  series.add(frame(1, {{"", {5}}}));
  EXPECT_EQ(state(series)["points"], json::parse("[[1000,2000,15]]"));
}

TEST(Series, puts_a_late_window_in_its_place) {
  Series series(600);
  for (const TimeNs at : {1, 4, 2, 3}) series.add(frame(at, {{"q", {double(at)}}}));
  EXPECT_EQ(state(series)["points"],
            json::parse("[[1000,2000,1],[2000,3000,2],[3000,4000,3],[4000,5000,4]]"));
}

TEST(Series, is_a_ring_that_takes_nothing_older_than_itself) {
  Series series(3);
  for (TimeNs at = 1; at <= 5; ++at) series.add(frame(at, {{"q", {double(at)}}}));
  series.add(frame(1, {{"q", {99}}}));
  EXPECT_EQ(state(series)["points"], json::parse("[[3000,4000,3],[4000,5000,4],[5000,6000,5]]"));
  series.add(frame(7, {{"q", {7}}}));
  series.add(frame(6, {{"q", {6}}}));
  EXPECT_EQ(state(series)["points"], json::parse("[[5000,6000,5],[6000,7000,6],[7000,8000,7]]"));
}

TEST(Series, a_delta_has_only_the_points_that_changed) {
  Series series(600);
  series.add(frame(1, {{"q", {1}}}));
  EXPECT_EQ(delta(series)["points"].size(), 1u);
  EXPECT_FALSE(series.has_news());
  series.add(frame(2, {{"q", {2}}}));
  EXPECT_EQ(delta(series)["points"], json::parse("[[2000,3000,2]]"));
}

TEST(Series, columns_are_lines_and_what_is_no_number_is_a_hole) {
  Series series(600);
  FeedFrame latency = frame(1, {{"", {1.5, std::numeric_limits<double>::quiet_NaN()}}});
  latency.columns = {"p50", "p99"};
  series.add(latency);
  latency = frame(2, {{"", {2.5, 9}}});
  latency.columns = {"p50", "p99"};
  series.add(latency);
  EXPECT_EQ(state(series)["points"], json::parse("[[1000,2000,1.5],[2000,3000,2.5,9]]"));
}

TEST(Series, says_when_there_are_too_many_lines) {
  Series series(600);
  for (std::size_t i = 0; i < series_lines_max; ++i)
    EXPECT_TRUE(series.add(frame(1, {{std::to_string(i), {1}}})));
  EXPECT_FALSE(series.add(frame(1, {{"one more", {1}}})));
}

}  // namespace
}  // namespace dnstorm::board
