#include "operators/sinks/point_history.hpp"

#include <gmock/gmock.h>

#include "operators/sinks/point_rollups.hpp"
#include "tests/unit/operators/sinks/store_points.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::HasSubstr;
using testing::StorePoints;

constexpr DurationNs minute = 60 * ns_per_s;
constexpr DurationNs hour = 60 * minute;
constexpr TimeNs day = 20'000 * 24 * hour;  // begins a day

class PointHistoryTest : public ::testing::Test {
 protected:
  std::string file() const { return folder_.path_of("points.sqlite"); }
  std::int64_t number(const std::string& sql) const {
    return SqliteDatabase::open(file(), ns_per_s).value().integer(sql).value();
  }
  PointHistory history() const { return PointHistory::open(file(), ns_per_s).value(); }

  // All numbers of a time, whatever they are read from: "field: sum mean low high".
  std::string numbers(std::int64_t step_s, TimeNs from, TimeNs to) const {
    struct Sum {
      double sum = 0, weighted = 0, weight = 0, low = 1e300, high = -1e300;
    };
    std::map<std::string, Sum> sums;
    auto done = history().numbers(step_s, from, to, [&](const HistoryNumber& number) {
      Sum& sum = sums[fmt::format("{} {}", number.series, number.field)];
      sum.sum += number.sum;
      sum.weighted += number.weighted;
      sum.weight += number.weight;
      sum.low = std::min(sum.low, number.low);
      sum.high = std::max(sum.high, number.high);
    });
    EXPECT_TRUE(done.ok()) << done.error().what;
    std::string text;
    for (const auto& [name, sum] : sums)
      text += fmt::format("{}: {} {:.6f} {} {}\n", name, sum.sum, sum.weighted / sum.weight,
                          sum.low, sum.high);
    return text;
  }
  TopList top(std::int64_t step_s, TimeNs from, TimeNs to) const {
    PointHistory file = history();
    auto sums = file.tops(step_s, from, to).value();
    return sums.empty() ? TopList{} : sums.begin()->second.take(100);
  }

  dnstorm::testing::TemporaryFolder folder_;
};

// A count, a quantile with the count beside it, and a top of two names in each window.
void add_window(StorePoints& points, TimeNs time, DurationNs length, std::int64_t n) {
  points.add("rates", {{"qr", "query"}}, time, length, {{"count", 100 + n % 7}});
  points.add("times", {}, time, length, {{"count", 1 + n % 3}, {"p99", 2.5 * double(n % 11)}});
  points.add("names", {{"rank", "1"}}, time, length, {{"qname", "a"}, {"count", 50 + n % 5}});
  points.add("names", {{"rank", "2"}}, time, length,
             {{"qname", n % 2 == 0 ? "b" : "c"}, {"count", std::int64_t{30}}, {"error", n % 2}});
}

void add_hours(StorePoints& points, int hours) {
  for (std::int64_t n = 0; n < hours * 360; ++n) {
    add_window(points, day + n * 10 * ns_per_s, 10 * ns_per_s, n);
    points.write();
  }
}

TEST_F(PointHistoryTest, RollupsSayWhatPointsSay) {
  StorePoints points(file());
  add_hours(points, 3);
  EXPECT_EQ(number("SELECT count(DISTINCT time) FROM rollups WHERE step = 60"), 179);
  EXPECT_EQ(number("SELECT count(DISTINCT time) FROM rollups WHERE step = 600"), 17);
  EXPECT_EQ(number("SELECT count(DISTINCT time) FROM rollups WHERE step = 3600"), 2);
  std::string all = numbers(0, day, day + 3 * hour);
  EXPECT_THAT(all, HasSubstr("count: 111235 "));
  for (std::int64_t step : rollup_steps_s) {
    EXPECT_EQ(numbers(step, day, day + 3 * hour), all) << step;
    EXPECT_EQ(top(step, day, day + 3 * hour), top(0, day, day + 3 * hour)) << step;
    EXPECT_EQ(numbers(step, day + hour, day + 2 * hour), numbers(0, day + hour, day + 2 * hour));
  }
}

TEST_F(PointHistoryTest, WhatDoesNotFitInIsReadFromWhatIsFiner) {
  StorePoints points(file());
  add_hours(points, 4);
  TimeNs from = day + 25 * minute + 20 * ns_per_s, to = day + 3 * hour + 41 * minute;
  EXPECT_EQ(numbers(3600, from, to), numbers(0, from, to));
  EXPECT_EQ(top(3600, from, to), top(0, from, to));
  EXPECT_EQ(history().longest_step().value(), 3600);
}

TEST_F(PointHistoryTest, TopsAreSummedUpWithTheirBounds) {
  StorePoints points(file());
  add_hours(points, 1);
  TopList names = top(60, day, day + hour);
  ASSERT_EQ(names.items.size(), 3u);
  EXPECT_EQ(names.items[0], (TopItem{R"({"qname":"a"})", 360 * 52, 360 * 52}));
  // In every second window, the other of them is not listed and may have had 30.
  EXPECT_EQ(names.items[1], (TopItem{R"({"qname":"b"})", 180 * 30, 360 * 30}));
  EXPECT_EQ(names.items[2], (TopItem{R"({"qname":"c"})", 180 * 29, 360 * 30}));
}

TEST_F(PointHistoryTest, PointsThatComeLateOrAgainCountOnce) {
  StorePoints points(file());
  add_hours(points, 3);
  points.add("rates", {{"qr", "query"}}, day, 10 * ns_per_s, {{"count", std::int64_t{7}}});
  points.add("rates", {{"qr", "response"}}, day + minute, minute, {{"count", std::int64_t{9}}});
  points.write();
  std::string all = numbers(0, day, day + 3 * hour);
  EXPECT_THAT(all, HasSubstr(": 111142 ")) << all;
  EXPECT_THAT(all, HasSubstr(": 9 ")) << all;
  for (std::int64_t step : rollup_steps_s) EXPECT_EQ(numbers(step, day, day + 3 * hour), all);
  EXPECT_EQ(number("SELECT count(*) FROM stale WHERE step < 86400 AND time < " +
                   std::to_string(day + hour)),
            0);
}

void add_days(StorePoints& points, int days) {
  for (std::int64_t n = 0; n < days * 48; ++n) {
    add_window(points, day + n * 30 * minute, 30 * minute, n);
    points.write();
  }
}

TEST_F(PointHistoryTest, DaysSayWhatPointsSay) {
  StorePoints points(file());
  add_days(points, 4);
  EXPECT_EQ(number("SELECT count(DISTINCT time) FROM rollups WHERE step = 86400"), 3);
  EXPECT_EQ(number("SELECT count(*) FROM stale WHERE step = 86400"), 1) << "that of today";
  EXPECT_EQ(history().longest_step().value(), 86400);
  for (TimeNs from : {day, day + 5 * hour}) {
    EXPECT_EQ(numbers(86400, from, day + 90 * hour), numbers(0, from, day + 90 * hour));
    EXPECT_EQ(top(86400, from, day + 90 * hour), top(0, from, day + 90 * hour));
  }
  points.add("rates", {}, day + 30 * hour, minute, {{"count", std::int64_t{9}}});
  points.write();
  EXPECT_EQ(numbers(86400, day, day + 72 * hour), numbers(0, day, day + 72 * hour))
      << "a point that comes late";
}

// A file as the version before wrote it.
void make_schema_2(const std::string& path) {
  auto database = SqliteDatabase::open(path, ns_per_s).value();
  for (const char* table : {"rollups", "spans", "tops", "floors", "stale"})
    ASSERT_TRUE(database.run(std::string("DELETE FROM ") + table + " WHERE step = 86400").ok());
  ASSERT_TRUE(database.run("PRAGMA user_version = 2").ok());
}

TEST_F(PointHistoryTest, FilesWithoutDaysGetThemLittleByLittle) {
  {
    StorePoints points(file());
    add_days(points, 5);
  }
  TimeNs to = day + 5 * 24 * hour;
  std::string all = numbers(0, day, to);
  TopList names = top(0, day, to);
  make_schema_2(file());
  EXPECT_EQ(history().longest_step().value(), 3600);
  EXPECT_EQ(top(3600, day, to), names) << "by who only reads";
  StorePoints points(file());
  EXPECT_EQ(number("SELECT count(*) FROM stale WHERE step = 86400"), 5);
  EXPECT_EQ(number("PRAGMA user_version"), store_schema_version);
  const std::string days = "SELECT count(DISTINCT time) FROM rollups WHERE step = 86400";
  for (std::int64_t n = 0; n < 3; ++n) {
    EXPECT_EQ(number(days), std::min<std::int64_t>(4 * n, 5)) << "some with each write";
    EXPECT_EQ(numbers(86400, day, to), all) << n;
    EXPECT_EQ(top(86400, day, to), names) << n;
    add_window(points, to + n * minute, minute, n);
    points.write();
  }
  EXPECT_EQ(number("SELECT count(*) FROM stale WHERE step = 86400"), 1) << "that of today";
}

TEST_F(PointHistoryTest, BucketsAreRolledUpWithoutPointsAtTheirEnds) {
  StorePoints points(file());
  add_window(points, day + 5 * minute, minute, 1);
  points.write();
  add_window(points, day + 25 * hour, minute, 2);
  points.write();
  EXPECT_EQ(number("SELECT count(*) FROM stale WHERE time < " + std::to_string(day + 24 * hour)),
            0);
}

TEST_F(PointHistoryTest, WhatIsStaleIsReadFromWhatIsFiner) {
  {
    StorePoints points(file(), {.rollups = false});
    add_hours(points, 2);
  }
  EXPECT_EQ(number("SELECT count(*) FROM rollups"), 0);
  EXPECT_EQ(number("SELECT count(*) FROM stale WHERE step = 60"), 120);
  EXPECT_EQ(numbers(3600, day, day + 2 * hour), numbers(0, day, day + 2 * hour));
  EXPECT_EQ(top(3600, day, day + 2 * hour), top(0, day, day + 2 * hour));
  EXPECT_EQ(history().step_for(day, day + 2 * hour).value(), 0);
}

// A file as the version before that wrote it.
void make_schema_1(const std::string& path) {
  auto database = SqliteDatabase::open(path, ns_per_s).value();
  for (const char* table : {"rollups", "spans", "lists", "ranked", "tops", "floors", "stale"})
    ASSERT_TRUE(database.run(std::string("DROP TABLE ") + table).ok());
  ASSERT_TRUE(database.run("PRAGMA user_version = 1").ok());
}

TEST_F(PointHistoryTest, ReadsFilesWithoutRollups) {
  {
    StorePoints points(file());
    add_hours(points, 1);
  }
  std::string all = numbers(60, day, day + hour);
  TopList names = top(60, day, day + hour);
  make_schema_1(file());
  EXPECT_EQ(history().step_for(day, day + 90 * 24 * hour).value(), 0);
  EXPECT_EQ(numbers(0, day, day + hour), all);
  EXPECT_EQ(top(0, day, day + hour), names);
  EXPECT_EQ(history().lists().value().size(), 1u);
  EXPECT_EQ(history().series().value().size(), 2u);
}

TEST_F(PointHistoryTest, FilesWithoutRollupsGetThemLittleByLittle) {
  {
    StorePoints points(file());
    add_hours(points, 3);
  }
  std::string all = numbers(60, day, day + 3 * hour);
  make_schema_1(file());
  StorePoints points(file());
  EXPECT_EQ(number("SELECT count(*) FROM stale WHERE step = 60"), 180);
  EXPECT_EQ(number("SELECT count(*) FROM stale WHERE step = 3600"), 3);
  EXPECT_EQ(numbers(3600, day, day + 3 * hour), all) << "before anything is rolled up";
  for (int n = 0; n < 60; ++n) {
    add_window(points, day + 3 * hour + n * minute, minute, n);
    points.write();
  }
  EXPECT_EQ(number("SELECT count(*) FROM stale WHERE step = 60"), 2) << "the newest, not over yet";
  EXPECT_EQ(number("SELECT count(DISTINCT time) FROM rollups WHERE step = 3600"), 3);
  EXPECT_EQ(numbers(3600, day, day + 3 * hour), all);
}

TEST_F(PointHistoryTest, RollupsOutliveThePoints) {
  StorePoints points(file(), {.retention = hour, .rollup_retention = 30 * hour});
  std::string first;
  for (std::int64_t n = 0; n < 20 * 60; ++n) {
    add_window(points, day + n * minute, minute, n);
    points.write();
    if (n == 59) first = numbers(0, day, day + hour);
    if (points.store().expiry_due()) {
      ASSERT_TRUE(points.store().expire().ok());
    }
  }
  EXPECT_GE(number("SELECT min(time) FROM points"), day + 18 * hour);
  EXPECT_EQ(numbers(0, day, day + hour), "");
  for (std::int64_t step : rollup_steps_s) EXPECT_EQ(numbers(step, day, day + hour), first);
  // What is asked for is not there any more in points.
  EXPECT_EQ(history().step_for(day, day + 600 * ns_per_s).value(), 60);
  EXPECT_EQ(history().extent().value().oldest, day);
}

TEST_F(PointHistoryTest, RollupsGoWhenTheirTimeHasCome) {
  StorePoints points(file(), {.retention = hour, .rollup_retention = 5 * hour});
  for (std::int64_t n = 0; n < 20 * 60; ++n) {
    add_window(points, day + n * minute, minute, n);
    points.write();
    if (points.store().expiry_due()) {
      ASSERT_TRUE(points.store().expire().ok());
    }
  }
  for (std::int64_t step : {60, 600, 3600})
    EXPECT_GE(number("SELECT min(time) FROM rollups WHERE step = " + std::to_string(step)),
              day + 13 * hour);
}

TEST_F(PointHistoryTest, TheCoarserTheLongerTheTime) {
  StorePoints points(file());
  for (int n = 0; n < 310 * 24; ++n)
    points.add("rates", {}, day + n * hour, ns_per_s, {{"count", std::int64_t{1}}});
  points.write();
  TimeNs end = day + 310 * 24 * hour;
  EXPECT_EQ(history().step_for(end - 10 * minute, end).value(), 0);
  EXPECT_EQ(history().step_for(end - 6 * hour, end).value(), 60);
  EXPECT_EQ(history().step_for(end - 7 * 24 * hour, end).value(), 600);
  EXPECT_EQ(history().step_for(end - 90 * 24 * hour, end).value(), 3600);
  EXPECT_EQ(history().step_for(end - 300 * 24 * hour, end).value(), 86400);
}

TEST_F(PointHistoryTest, SaysWhatIsWrongWithTheFile) {
  EXPECT_THAT(PointHistory::open(file(), 0).error().what, HasSubstr("there is no such file yet"));
  EXPECT_FALSE(std::filesystem::exists(file()));
  ASSERT_TRUE(SqliteDatabase::open(file(), 0).value().run("PRAGMA user_version = 99").ok());
  EXPECT_THAT(PointHistory::open(file(), 0).error().what,
              HasSubstr("points.sqlite: is no file of the sink `store` of this version"));
}

}  // namespace
}  // namespace dnstorm::operators
