#include "cli/minute_history.hpp"

#include <gmock/gmock.h>

#include "engine/sqlite/sqlite.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cli {
namespace {

using operators::hour_of;
using operators::HttpAnswer;
using operators::HttpRequest;
using operators::MinuteRows;
using operators::ns_per_minute;
using operators::Pasts;
using operators::start_of;
using ::testing::HasSubstr;

constexpr TimeNs monday = start_of(473'352);  // 2024-01-01

// A file as the sink `store` makes it.
class Store {
 public:
  explicit Store(const std::string& path)
      : database_(SqliteDatabase::open(path, ns_per_s).value()) {
    run("CREATE TABLE series(id INTEGER PRIMARY KEY, measurement TEXT, tags TEXT)");
    run("CREATE TABLE points(series INTEGER, time INTEGER, \"end\" INTEGER, fields TEXT)");
    run("PRAGMA user_version = 1");
    run("BEGIN");
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() { run("COMMIT"); }
  void series(int id, const std::string& measurement, const std::string& tags) {
    run("INSERT INTO series VALUES (" + std::to_string(id) + ", '" + measurement + "', '" + tags +
        "')");
  }
  void point(int series, TimeNs time, DurationNs length, const std::string& fields) {
    run("INSERT INTO points VALUES (" + std::to_string(series) + ", " + std::to_string(time) +
        ", " + std::to_string(time + length) + ", '" + fields + "')");
  }

 private:
  void run(const std::string& sql) {
    auto done = database_.run(sql);
    ASSERT_TRUE(done.ok()) << done.error().what;
  }
  SqliteDatabase database_;
};

TEST(StoreHistory, adds_up_the_windows_of_a_minute) {
  dnstorm::testing::TemporaryFolder folder;
  std::string path = folder.path_of("dns.sqlite");
  {
    Store store(path);
    store.series(1, "rates", R"({"qr":"query","server":"ns1"})");
    store.series(2, "rates", R"({"qr":"response","server":"ns1"})");
    store.series(3, "rates", R"({"qr":"query"})");
    store.series(4, "times", R"({"qr":"query","server":"ns1"})");
    for (int i = 0; i < 360; ++i) {
      store.point(1, monday + i * 10 * ns_per_s, 10 * ns_per_s, R"({"count":7,"rate":0.7})");
      store.point(2, monday + i * 10 * ns_per_s, 10 * ns_per_s, R"({"count":1})");
    }
    store.point(3, monday, 60 * ns_per_minute, R"({"count":600})");
    for (int i = 0; i < 60; ++i)
      store.point(4, monday + i * ns_per_minute, ns_per_minute, R"({"p50":250.5,"lost":2})");
  }
  PointNames names{.measurement = "rates", .where = {{"qr", "query"}}};
  names.latency = "times.p50";
  names.drops = "times.lost";
  MinuteRows rows;
  auto done = read_store(path, names, time_min, rows);
  ASSERT_TRUE(done.ok()) << done.error().what;
  Pasts pasts = rows.take(10);
  ASSERT_EQ(pasts.size(), 2U);
  EXPECT_EQ(pasts.at("ns1").history.at(hour_of(monday)).minutes, 60U);
  EXPECT_EQ(pasts.at("ns1").history.at(hour_of(monday)).median, 42);
  EXPECT_EQ(pasts.at("ns1").history.at(hour_of(monday)).drops, 120);
  // Without the tag, and of an hour as a whole.
  EXPECT_EQ(pasts.at("all").history.at(hour_of(monday)).minutes, 60U);
  EXPECT_EQ(pasts.at("all").history.at(hour_of(monday)).median, 10);
}

TEST(StoreHistory, says_what_there_is_instead) {
  dnstorm::testing::TemporaryFolder folder;
  std::string path = folder.path_of("dns.sqlite");
  {
    Store store(path);
    store.series(1, "qtypes", "{}");
    store.series(2, "rcodes", "{}");
  }
  MinuteRows rows;
  auto none = read_store(path, {}, time_min, rows);
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.error().what, HasSubstr("has no points 'minutes'; it has: qtypes, rcodes"));
  auto missing = read_store(path + "x", {}, time_min, rows);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::no_input);
  EXPECT_FALSE(std::filesystem::exists(path + "x"));
}

class FakeInflux final : public operators::HttpTransport {
 public:
  HttpAnswer exchange(const HttpRequest& request) override {
    urls.push_back(request.url);
    if (answers.empty()) return {.status = 200, .body = R"({"results":[{"statement_id":0}]})"};
    HttpAnswer answer = answers.front();
    answers.erase(answers.begin());
    return answer;
  }
  std::vector<std::string> urls;
  std::vector<HttpAnswer> answers;
};

std::string answer_of(const std::string& server, int minutes, const std::string& value) {
  std::string values;
  for (int i = 0; i < minutes; ++i)
    values += (values.empty() ? "[" : ",[") + std::to_string(monday + i * ns_per_minute) + "," +
              value + "]";
  return R"({"results":[{"statement_id":0,"series":[{"name":"minutes","tags":{"server":")" +
         server + R"("},"columns":["time","sum"],"values":[)" + values + "]}]}]}";
}

TEST(InfluxHistory, asks_week_by_week) {
  FakeInflux influx;
  influx.answers = {{.status = 200, .body = answer_of("ns1", 60, "5200")},
                    {.status = 200, .body = answer_of("", 60, "7.5")}};
  MinuteRows rows;
  TimeNs until = monday + 10 * 24 * 60 * ns_per_minute;
  InfluxSource source{.url = "http://influx:8086", .database = "d n s"};
  auto done = read_influx(source, {.where = {{"qr", "it's"}}}, monday, until, influx, rows);
  ASSERT_TRUE(done.ok()) << done.error().what;
  ASSERT_EQ(influx.urls.size(), 2U);
  EXPECT_THAT(influx.urls[0], HasSubstr("http://influx:8086/query?db=d%20n%20s&epoch=ns&q="));
  EXPECT_THAT(influx.urls[0],
              HasSubstr(operators::percent_encode(
                  "SELECT sum(\"count\") FROM \"minutes\" WHERE time >= 1704067200000000000 AND "
                  "time < 1704672000000000000 AND \"qr\"='it\\'s' GROUP BY time(60s), \"server\" "
                  "fill(none)")));
  Pasts pasts = rows.take(10);
  EXPECT_EQ(pasts.at("ns1").history.at(hour_of(monday)).median, 5200);
  EXPECT_EQ(pasts.at("all").history.at(hour_of(monday)).median, 7.5);
}

TEST(InfluxHistory, tells_what_the_server_says) {
  auto failure = [](HttpAnswer answer) {
    FakeInflux influx;
    influx.answers = {std::move(answer)};
    MinuteRows rows;
    return read_influx({.database = "dns"}, {}, monday, monday + ns_per_minute, influx, rows)
        .error();
  };
  EXPECT_THAT(failure({.failure = "connection refused"}).what, HasSubstr("connection refused"));
  Error denied = failure({.status = 401, .body = R"({"error":"authorization failed"})"});
  EXPECT_EQ(denied.kind, ErrorKind::permission);
  EXPECT_THAT(denied.what, HasSubstr("authorization failed"));
  EXPECT_THAT(
      failure({.status = 200, .body = R"({"results":[{"error":"database not found: dns"}]})"}).what,
      HasSubstr("database not found"));
  EXPECT_EQ(failure({.status = 200, .body = "<html>"}).kind, ErrorKind::data);
  EXPECT_THAT(failure({.status = 200, .body = R"({"results":[{}]})"}).what,
              HasSubstr("has no counts minutes.count"));
}

}  // namespace
}  // namespace dnstorm::cli
