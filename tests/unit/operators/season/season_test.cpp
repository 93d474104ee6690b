#include "operators/season/season.hpp"

#include <gmock/gmock.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "operators/season/hours.hpp"
#include "tests/unit/operators/rescale_check.hpp"
#include "tests/unit/operators/resume_check.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RescaleStep;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

constexpr TimeNs monday = start_of(473'352);  // 2024-01-01
const std::vector<Field> minutes = {
    {"window", Type::time}, {"server", Type::str}, {"count", Type::u64}};
const TextOptions by_server = {{"by", {"server"}}};

TextRow row(int minute, const std::string& server, int count) {
  return {std::to_string(monday + minute * ns_per_minute), server, std::to_string(count)};
}
TimeNs after(int minute) { return monday + (minute + 1) * ns_per_minute; }
void send(TaskHarness& task, int from, int to, const std::string& server, int count) {
  std::vector<TextRow> rows;
  for (int minute = from; minute < to; ++minute) rows.push_back(row(minute, server, count));
  for (std::size_t at = 0; at < rows.size(); at += 500)
    task.feed({rows.begin() + static_cast<std::ptrdiff_t>(at),
               rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), at + 500))});
  task.watermark(after(to - 1));
}
std::vector<double> numbers(const std::string& line) {
  std::istringstream words(line);
  std::string skipped;
  words >> skipped >> skipped >> skipped;
  std::vector<double> values(5);
  for (double& value : values) words >> value;
  return values;
}

constexpr int day = 24 * 60;

TEST(Season, says_what_was_expected_from_the_second_day_on) {
  TaskHarness task(season_operator(), by_server, minutes);
  send(task, 0, day, "ns1", 600);
  EXPECT_THAT(task.take(), IsEmpty());
  EXPECT_EQ(task.counter("not_known_yet"), 1440U);
  send(task, day, day + 2, "ns1", 600);
  send(task, day + 2, day + 3, "ns1", 6000);
  auto lines = task.take();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], HasSubstr(" ns1 600 "));
  std::vector<double> usual = numbers(lines[0]), attack = numbers(lines[2]);
  EXPECT_NEAR(usual[1], 600, 1e-3);
  EXPECT_LT(usual[2], usual[1]);
  EXPECT_GT(usual[3], usual[1]);
  EXPECT_NEAR(usual[4], 0, 1e-3);
  EXPECT_EQ(attack[0], 6000);
  EXPECT_NEAR(attack[1], 600, 1e-3);
  EXPECT_GT(attack[4], 10);
}

TEST(Season, adds_up_the_rows_of_a_minute_and_counts_those_that_come_too_late) {
  TaskHarness task(season_operator(), by_server, minutes);
  send(task, 0, day, "ns1", 600);
  task.feed({row(day, "ns1", 200), row(day, "ns1", 300), row(day + 1, "ns1", 7)});
  task.watermark(after(day) - 1);
  EXPECT_THAT(task.take(), IsEmpty());
  task.watermark(after(day));
  auto lines = task.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(numbers(lines[0])[0], 500);
  task.feed({row(day, "ns1", 1)});
  EXPECT_EQ(task.counter("late_rows"), 1U);
}

TEST(Season, starts_from_a_file_and_writes_one) {
  dnstorm::testing::TemporaryFolder folder;
  std::string path = folder.path_of("dns.season");
  {
    TaskHarness task(season_operator(), {{"by", {"server"}}, {"save", {path}}}, minutes);
    send(task, 0, day, "ns1", 600);
    task.finish();
  }
  TaskHarness task(season_operator(), {{"by", {"server"}}, {"file", {path}}}, minutes);
  send(task, day, day + 1, "ns1", 700);
  send(task, day, day + 1, "ns2", 5);
  auto lines = task.take();
  ASSERT_EQ(lines.size(), 1U);  // nothing is known of ns2
  EXPECT_NEAR(numbers(lines[0])[1], 600, 1e-3);
}

TEST(Season, refuses_a_file_that_is_none) {
  dnstorm::testing::TemporaryFolder folder;
  std::string path = folder.path_of("other");
  std::ofstream(path) << "something else";
  TaskHarness wrong(season_operator(), {{"file", {path}}, {"by", {"server"}}}, minutes);
  ASSERT_FALSE(wrong.prepared.ok());
  EXPECT_THAT(wrong.prepared.error().what, HasSubstr("is no season file"));
  TaskHarness none(season_operator(), {{"file", {path + "x"}}, {"by", {"server"}}}, minutes);
  ASSERT_FALSE(none.prepared.ok());
  EXPECT_THAT(none.prepared.error().what, HasSubstr("cannot be read"));
}

TEST(Season, has_room_for_so_many_series_of_a_key_group) {
  TaskHarness task(season_operator(), {{"by", {"server"}}, {"servers_max", {"128"}}}, minutes);
  for (int i = 0; i < 400; ++i) task.feed({row(0, "ns" + std::to_string(i), 1)});
  EXPECT_GE(task.counter("no_room"), 400U - 128U);
}

TEST(Season, without_a_key_is_one_series) {
  TaskHarness task(season_operator(), {{"time", {"when"}}, {"count", {"rate"}}},
                   {{"when", Type::time}, {"rate", Type::f64}});
  for (int minute = 0; minute < day + 1; ++minute) {
    task.feed({{std::to_string(monday + minute * ns_per_minute), "2.5"}});
    task.watermark(after(minute - 1));
  }
  task.finish();
  auto lines = task.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr(" 2.5 2.5"));
}

// Two days of some servers, a step of five hours each; enough minutes of an hour to count.
std::vector<RescaleStep> traffic() {
  std::mt19937_64 dice(5);
  std::vector<RescaleStep> all;
  for (int step = 0; step < 10; ++step) {
    RescaleStep& now = all.emplace_back();
    for (int minute = step * 300; minute < step * 300 + 300; minute += 5)
      for (int server = 0; server < 4; ++server)
        now.rows.push_back(
            row(minute, "ns" + std::to_string(server), 100 + static_cast<int>(dice() % 20)));
    now.watermark = after(step * 300 + 290);  // the last minutes are still open
  }
  return all;
}

TEST(Season, isThatOfAnyNumberOfTasks) {
  check_rescales(season_operator(), by_server, minutes, {"server"}, traffic());
}

TEST(Season, goesOnFromACheckpoint) {
  std::vector<testing::Step> steps;
  for (const RescaleStep& step : traffic()) {
    steps.push_back(testing::rows(step.rows));
    steps.push_back(testing::until(step.watermark));
  }
  testing::check_resumes(
      [] {
        return std::make_unique<TaskHarness>(
            season_operator(), TextOptions{{"by", {"server"}}, {"weeks", {"1"}}}, minutes);
      },
      steps);
}

TEST(Season, refusesNonsense) {
  auto error = [](const TextOptions& options) {
    return declare_error(season_operator(), options, {minutes});
  };
  EXPECT_EQ(error(by_server), "");
  EXPECT_THAT(error({{"by", {"nobody"}}}), HasSubstr("no field 'nobody'"));
  EXPECT_THAT(error({{"by", {"window"}}}), HasSubstr("is of type time"));
  EXPECT_THAT(error({{"count", {"server"}}}), HasSubstr("is of type str"));
  EXPECT_THAT(error({{"time", {"count"}}}), HasSubstr("need one of type time"));
}

}  // namespace
}  // namespace dnstorm::operators
