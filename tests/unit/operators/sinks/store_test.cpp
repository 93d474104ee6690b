#include "operators/sinks/store.hpp"

#include <filesystem>
#include <fstream>

#include "engine/sqlite/sqlite.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using dnstorm::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TaskHarness;
using testing::TextOptions;

class Store : public ::testing::Test {
 protected:
  TextOptions with(TextOptions options) const {
    options["file"] = {file()};
    options["busy_timeout"] = {"0s"};
    return options;
  }
  std::string file() const { return folder_.path_of("points.sqlite"); }
  std::vector<std::string> points() const {
    auto database = SqliteDatabase::open(file(), ns_per_s).value();
    auto rows = database
                    .prepare(
                        "SELECT measurement || ' ' || tags || ' ' || time || ' ' || \"end\" || ' ' "
                        "|| fields "
                        "FROM points JOIN series ON series.id = points.series ORDER BY time, "
                        "measurement, tags")
                    .value();
    std::vector<std::string> out;
    while (rows.step().value()) out.push_back(rows.column_text(0));
    return out;
  }
  std::int64_t number(const std::string& sql) const {
    return SqliteDatabase::open(file(), ns_per_s).value().integer(sql).value();
  }
  TemporaryFolder folder_;
};

TEST_F(Store, keeps_points_of_closed_windows) {
  TaskHarness task(store_operator(), with({{"tags", {"server=ns1"}}}), testing::count_fields());
  ASSERT_TRUE(task.prepared.ok()) << task.prepared.error().what;
  task.feed(
      {{"0s", "10s", "28", "0", "5"}, {"0s", "10s", "1", "3", "7"}, {"10s", "20s", "1", "3", "8"}});
  EXPECT_THAT(points(), ElementsAre());
  task.watermark(10 * ns_per_s);
  EXPECT_EQ(points().size(), 2);
  task.finish();
  EXPECT_THAT(
      points(),
      ElementsAre(
          R"(input {"qtype":"A","rcode":"NXDOMAIN","server":"ns1"} 0 10000000000 {"count":7})",
          R"(input {"qtype":"AAAA","rcode":"NOERROR","server":"ns1"} 0 10000000000 {"count":5})",
          R"(input {"qtype":"A","rcode":"NXDOMAIN","server":"ns1"} 10000000000 20000000000 )"
          R"({"count":8})"));
  EXPECT_EQ(task.counter("points_written"), 3);
  EXPECT_EQ(number("SELECT count(*) FROM series"), 2);
}

TEST_F(Store, overwrites_a_point_that_comes_again) {
  for (const char* count : {"5", "6"}) {
    TaskHarness task(store_operator(), with({}), testing::count_fields());
    task.feed({{"0s", "10s", "28", "0", count}});
    task.finish();
  }
  EXPECT_THAT(points(),
              ElementsAre(R"(input {"qtype":"AAAA","rcode":"NOERROR"} 0 10000000000 {"count":6})"));
}

TEST_F(Store, unites_the_fields_of_several_inputs) {
  auto first = testing::with(testing::window_fields(), {{"queries", Type::u64, Role::value}});
  auto second = testing::with(testing::window_fields(), {{"names", Type::f64, Role::value}});
  TaskHarness task(store_operator(), with({}), std::vector<std::vector<Field>>{first, second});
  task.feed({{"0s", "10s", "3"}}, 0);
  task.watermark(10 * ns_per_s);
  task.feed({{"0s", "10s", "1.5"}}, 1);
  task.finish();
  EXPECT_THAT(points(), ElementsAre(R"(input {} 0 10000000000 {"queries":3,"names":1.5})"));
}

TEST_F(Store, forgets_what_is_older_than_the_retention) {
  TaskHarness task(store_operator(), with({{"retention", {"1h"}}, {"rollup_retention", {"1h"}}}),
                   testing::count_fields());
  for (int minute = 0; minute < 180; ++minute) {
    std::string qtype = minute < 60 ? "1" : "28";
    task.feed(
        {{fmt::format("{}s", minute * 60), fmt::format("{}s", minute * 60 + 60), qtype, "0", "1"}});
    task.watermark((minute + 1) * 60 * ns_per_s);
  }
  task.finish();
  std::int64_t newest = 179 * 60 * ns_per_s;
  std::int64_t hour = 3600 * ns_per_s;
  EXPECT_LE(number("SELECT count(*) FROM points"), 65);
  EXPECT_GE(number("SELECT min(time) FROM points"), newest - hour - hour / 24 - 60 * ns_per_s);
  EXPECT_LE(number("SELECT min(time) FROM points"), newest - hour);
  EXPECT_EQ(number("SELECT count(*) FROM series"), 1);
  EXPECT_EQ(task.counter("points_expired") +
                static_cast<std::uint64_t>(number("SELECT count(*) FROM points")),
            180);
}

TEST_F(Store, adds_to_series_that_were_emptied) {
  TaskHarness task(store_operator(), with({{"retention", {"1h"}}, {"rollup_retention", {"1h"}}}),
                   testing::count_fields());
  for (int hour : {0, 10, 20}) {
    for (const char* qtype : {"1", "28"}) {
      if (hour == 10 && std::string(qtype) == "1") continue;
      task.feed({{fmt::format("{}s", hour * 3600), fmt::format("{}s", hour * 3600 + 10), qtype, "0",
                  "1"}});
    }
    task.watermark((hour * 3600 + 10) * ns_per_s);
  }
  task.finish();
  EXPECT_EQ(points().size(), 2);
}

TEST_F(Store, keeps_everything_without_retention) {
  TaskHarness task(store_operator(), with({{"retention", {"0s"}}}), testing::count_fields());
  for (int day = 0; day < 30; ++day)
    task.feed(
        {{fmt::format("{}s", day * 86'400), fmt::format("{}s", day * 86'400 + 10), "1", "0", "1"}});
  task.finish();
  EXPECT_EQ(number("SELECT count(*) FROM points"), 30);
}

TEST_F(Store, refuses_files_that_it_does_not_know) {
  ASSERT_TRUE(SqliteDatabase::open(file(), ns_per_s).value().run("PRAGMA user_version=99").ok());
  TaskHarness newer(store_operator(), with({}), testing::count_fields());
  EXPECT_THAT(newer.prepared.error().what,
              HasSubstr("newer dnstorm (schema 99, this one knows 3)"));

  std::filesystem::remove(file());
  ASSERT_TRUE(SqliteDatabase::open(file(), ns_per_s).value().run("CREATE TABLE t(x)").ok());
  TaskHarness foreign(store_operator(), with({}), testing::count_fields());
  EXPECT_THAT(foreign.prepared.error().what, HasSubstr("another program"));

  std::filesystem::remove(file());
  std::ofstream(file()) << "this is no database at all, but a text";
  TaskHarness text(store_operator(), with({}), testing::count_fields());
  EXPECT_THAT(text.prepared.error().what,
              HasSubstr("store: " + file() + ": is damaged, or no SQLite file"));
}

TEST_F(Store, says_that_it_cannot_open_the_file) {
  std::ofstream(folder_.path_of("plain")) << "no folder";
  TaskHarness task(store_operator(), {{"file", {folder_.path_of("plain/file")}}},
                   testing::count_fields());
  ASSERT_FALSE(task.prepared.ok());
  EXPECT_EQ(task.prepared.error().what,
            "store: " + folder_.path_of("plain/file") + ": cannot be opened: Not a directory");
}

TEST_F(Store, makes_the_folder_of_the_file) {
  TaskHarness task(store_operator(), {{"file", {folder_.path_of("new/folder/file")}}},
                   testing::count_fields());
  EXPECT_TRUE(task.prepared.ok());
  EXPECT_TRUE(std::filesystem::exists(folder_.path_of("new/folder/file")));
}

TEST_F(Store, tries_again_what_a_lock_has_kept_from_the_file) {
  TaskHarness task(store_operator(), with({}), testing::count_fields());
  auto other = SqliteDatabase::open(file(), 0).value();
  task.feed({{"0s", "10s", "28", "0", "5"}});
  ASSERT_TRUE(other.run("BEGIN EXCLUSIVE").ok());
  task.watermark(10 * ns_per_s);
  EXPECT_EQ(task.counter("points_written"), 0);
  ASSERT_TRUE(other.run("COMMIT").ok());
  task.finish();
  EXPECT_EQ(points().size(), 1);
}

TEST_F(Store, says_what_could_not_be_written) {
  TaskHarness task(store_operator(), with({}), testing::count_fields());
  auto other = SqliteDatabase::open(file(), 0).value();
  task.feed({{"0s", "10s", "28", "0", "5"}});
  ASSERT_TRUE(other.run("BEGIN EXCLUSIVE").ok());
  auto done = task.try_finish();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().what, "store: " + file() +
                                   ": 1 points could not be written: is locked by another process: "
                                   "end that, or name another file");
}

}  // namespace
}  // namespace dnstorm::operators
