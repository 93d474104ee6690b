// The influx sink against a real InfluxDB: exact values, escapes, restarts, partial writes, the
// spool. Under load, and killed itself: influx_outage_test.py.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "operators/sinks/influx.hpp"
#include "tests/e2e/influx_server.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::e2e {
namespace {

using operators::influx_operator;
using operators::testing::count_fields;
using operators::testing::TaskHarness;
using testing::TemporaryFolder;
using operators::testing::TextOptions;
using operators::testing::TextRow;
using ::testing::HasSubstr;

// Counts of `windows` windows of 10 s for 20 types; the count tells which point it is.
std::vector<TextRow> window_rows(int window) {
  std::vector<TextRow> rows;
  for (int type = 1; type <= 20; ++type)
    rows.push_back({fmt::format("{}s", window * 10), fmt::format("{}s", window * 10 + 10),
                    std::to_string(type), "0", std::to_string(window * 100 + type)});
  return rows;
}
constexpr int points_per_window = 20;

class Influx : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!InfluxServer::is_installed())
      GTEST_SKIP() << "influxd is not installed (Debian package influxdb)";
    ASSERT_TRUE(server.start()) << server.log();
    ASSERT_EQ(server.query("", "CREATE DATABASE dns"), "");
  }
  TextOptions options(TextOptions more = {}) const {
    more.try_emplace("url", std::vector<std::string>{server.url()});
    more.try_emplace("database", std::vector<std::string>{"dns"});
    more["spool"] = {folder.path().string()};
    return more;
  }
  static void feed(TaskHarness& task, int from, int to) {
    for (int window = from; window < to; ++window) {
      task.feed(window_rows(window));
      task.watermark((window + 1) * 10 * ns_per_s);
    }
  }
  static void wait_until_written(const TaskHarness& task, std::uint64_t points) {
    while (task.counter("points_written") < points) std::this_thread::yield();
  }
  void expect_windows(int from, int to) {
    EXPECT_EQ(server.query("dns", "SELECT count(\"count\"), sum(\"count\") FROM input"),
              totals(from, to));
  }
  static std::string totals(int from, int to) {
    std::int64_t sum = 0;
    for (int window = from; window < to; ++window) sum += window * 100 * points_per_window + 210;
    return fmt::format("input time=0 count={} sum={}\n", (to - from) * points_per_window, sum);
  }
  std::string spool_folder() const { return folder.path_of("dnstorm-spool-test-influx"); }

  TemporaryFolder folder;
  InfluxServer server{folder.path().string()};
};

class InfluxGzip : public Influx, public ::testing::WithParamInterface<const char*> {};

TEST_P(InfluxGzip, holds_exactly_what_was_counted) {
  TaskHarness task(influx_operator(), options({{"gzip", {GetParam()}}, {"tags", {"server=ns1"}}}),
                   count_fields());
  ASSERT_TRUE(task.prepared.ok()) << task.prepared.error().what;
  task.feed({{"1s", "2s", "28", "3", "18446744073709551615"},
             {"1s", "2s", "1", "0", "7"},
             {"2s", "3s", "65280", "0", "9"}});
  task.finish();
  EXPECT_EQ(server.query("dns", "SELECT \"count\" FROM input GROUP BY *"),
            "input,qtype=A,rcode=NOERROR,server=ns1 time=1000000000 count=7\n"
            "input,qtype=AAAA,rcode=NXDOMAIN,server=ns1 time=1000000000 count=9223372036854775807\n"
            "input,qtype=TYPE65280,rcode=NOERROR,server=ns1 time=2000000000 count=9\n");
  EXPECT_EQ(task.counter("points_written"), 3);
}
INSTANTIATE_TEST_SUITE_P(Modes, InfluxGzip, ::testing::Values("on", "off", "auto"));

TEST_F(Influx, gives_every_text_back_as_it_was) {
  // A backslash at the end of a tag gets a blank behind it, line ends become \n: line protocol has
  // no other way.
  const std::pair<std::string, std::string> tags[] = {
      {"plain", "plain"},  {"a b", "a b"},    {"a,b", "a,b"},      {"a=b", "a=b"},
      {"\"q\"", "\"q\""},  {"a\\b", "a\\b"},  {"a\\,b", "a\\,b"},  {"a\\ b", "a\\ b"},
      {"end\\", "end\\ "}, {"a\nb", "a\\nb"}, {"Zürich", "Zürich"}};
  const std::string texts[] = {"plain",      "say \"x\"", "back\\slash", "end\\",
                               "two\nlines", "a,b=c d",   "Zürich"};
  auto fields =
      operators::testing::with(operators::testing::window_fields(),
                               {{"t", Type::str, Role::key}, {"f", Type::str, Role::value}});
  TaskHarness task(influx_operator(), options({{"measurement", {"odd, name"}}}), fields);
  std::vector<std::string> expected;
  for (const auto& [tag, read_back] : tags) {
    for (std::size_t i = 0; i < std::size(texts); ++i) {
      task.feed({{fmt::format("{}s", i), fmt::format("{}s", i + 1), tag, texts[i]}});
      std::string text;
      for (char c : texts[i])
        text += c == '\n' ? "\\n" : c == '"' ? "\\\"" : c == '\\' ? "\\\\" : std::string(1, c);
      expected.push_back(
          fmt::format("odd, name,t={} time={} f=\"{}\"", read_back, i * 1'000'000'000, text));
    }
  }
  task.finish();
  EXPECT_EQ(task.counter("points_rejected"), 0);
  std::istringstream lines(server.query("dns", "SELECT f FROM \"odd, name\" GROUP BY *"));
  std::vector<std::string> seen;
  for (std::string line; std::getline(lines, line);) seen.push_back(line);
  EXPECT_THAT(seen, ::testing::UnorderedElementsAreArray(expected));
}

TEST_F(Influx, holds_the_same_after_a_second_run) {
  for (int run = 0; run < 2; ++run) {
    TaskHarness task(influx_operator(), options({{"batch", {"7"}}}), count_fields());
    feed(task, 0, 50);
    task.finish();
    EXPECT_EQ(task.counter("points_written"), 50 * points_per_window);
    expect_windows(0, 50);
  }
}

TEST_F(Influx, loses_nothing_when_the_server_is_killed_and_comes_back) {
  TaskHarness task(influx_operator(), options(), count_fields());
  feed(task, 0, 5);
  wait_until_written(task, 5 * points_per_window);
  server.kill();
  feed(task, 5, 10);
  while (task.counter("retries") == 0) std::this_thread::yield();
  ASSERT_TRUE(server.start()) << server.log();
  feed(task, 10, 15);
  task.finish();
  expect_windows(0, 15);
  EXPECT_EQ(task.counter("points_spooled"), task.counter("points_drained"));
  EXPECT_GE(task.counter("points_drained"), 5 * points_per_window);
  EXPECT_EQ(task.counter("spool_points"), 0);
}

TEST_F(Influx, keeps_exactly_the_missing_points_when_the_server_stays_away) {
  {
    TaskHarness task(influx_operator(), options({{"drain_timeout", {"300ms"}}}), count_fields());
    feed(task, 0, 5);
    wait_until_written(task, 5 * points_per_window);
    server.kill();
    feed(task, 5, 9);
    auto done = task.try_finish();
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().kind, ErrorKind::unavailable);
    EXPECT_THAT(done.error().what, HasSubstr("80 points could not be delivered"));
    EXPECT_EQ(task.counter("spool_points"), 4 * points_per_window);
  }
  ASSERT_TRUE(server.start()) << server.log();
  expect_windows(0, 5);
  TaskHarness next(influx_operator(), options(), count_fields());
  feed(next, 9, 10);
  next.finish();
  EXPECT_EQ(next.counter("points_drained"), 4 * points_per_window + next.counter("points_spooled"));
  expect_windows(0, 10);
}

TEST_F(Influx, leaves_files_that_can_be_delivered_by_hand) {
  TaskHarness task(influx_operator(), options({{"drain_timeout", {"0s"}}}), count_fields());
  server.kill();
  feed(task, 0, 4);
  ASSERT_FALSE(task.try_finish().ok());
  std::stringstream kept;
  for (const auto& file : std::filesystem::directory_iterator(spool_folder()))
    kept << std::ifstream(file.path()).rdbuf();
  ASSERT_TRUE(server.start()) << server.log();
  EXPECT_EQ(server.write("dns", kept.str()).status, 204);
  expect_windows(0, 4);
}

TEST_F(Influx, lists_what_the_server_refuses_and_writes_the_rest) {
  ASSERT_EQ(server.write("dns", "input,qtype=MX,rcode=NOERROR count=\"text\" 0\n").status, 204);
  TaskHarness task(influx_operator(), options(), count_fields());
  task.feed({{"0s", "10s", "15", "0", "1"}, {"0s", "10s", "28", "0", "2"}});
  // Points of another shard, where the field has no type yet.
  task.feed({{"3000000s", "3000010s", "28", "0", "3"}});
  auto done = task.try_finish();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::data);
  EXPECT_THAT(done.error().what, HasSubstr("field type conflict"));
  EXPECT_EQ(task.counter("points_rejected"), 2);
  EXPECT_EQ(task.counter("rejected_type_conflict"), 2);
  EXPECT_EQ(
      folder.read("dnstorm-spool-test-influx/rejected.lp"),
      "# field type conflict: input field \"count\" on measurement \"input\" is type integer, "
      "already exists as type string\n"
      "input,qtype=AAAA,rcode=NOERROR count=2i 0\ninput,qtype=MX,rcode=NOERROR count=1i 0\n");
  EXPECT_EQ(task.counter("points_written"), 1);
  // Asked of the second shard alone: of two where a field has two types, the server picks one.
  EXPECT_EQ(server.query("dns", "SELECT \"count\" FROM input WHERE time > 2000000s"),
            "input time=3000000000000000 count=3\n");
}

TEST_F(Influx, finds_the_refused_points_among_many) {
  // Only points of the first shard are in conflict.
  ASSERT_EQ(server.write("dns", "input,qtype=MX,rcode=NOERROR count=\"text\" 0\n").status, 204);
  TaskHarness task(influx_operator(), options(), count_fields());
  for (int window : {0, 1, 100'000, 200'000, 300'000}) task.feed(window_rows(window));
  ASSERT_FALSE(task.try_finish().ok());
  EXPECT_EQ(task.counter("points_written"), 3 * points_per_window);
  EXPECT_EQ(task.counter("points_rejected"), 2 * points_per_window);
  EXPECT_EQ(server.query("dns", "SELECT count(\"count\") FROM input WHERE time > 500000s"),
            fmt::format("input time=500000000000001 count={}\n", 3 * points_per_window));
}

TEST_F(Influx, says_that_the_database_is_missing) {
  TaskHarness task(influx_operator(), options({{"database", {"nodb"}}}), count_fields());
  ASSERT_FALSE(task.prepared.ok());
  EXPECT_EQ(task.prepared.error().what,
            "influx: " + server.url() +
                " has no database 'nodb': create it (influx -execute 'CREATE DATABASE "
                "nodb') or correct `database`");
}

TEST_F(Influx, says_that_the_server_is_not_there) {
  server.kill();
  TaskHarness task(influx_operator(), options(), count_fields());
  ASSERT_FALSE(task.prepared.ok());
  EXPECT_EQ(task.prepared.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(task.prepared.error().what,
            "influx: " + server.url() +
                " does not answer (connection refused): start it, correct `url`, or set "
                "`wait: true` to begin without it");
}

TEST_F(Influx, begins_without_the_server_if_told_to_wait) {
  server.kill();
  TaskHarness task(influx_operator(), options({{"wait", {"true"}}}), count_fields());
  ASSERT_TRUE(task.prepared.ok()) << task.prepared.error().what;
  feed(task, 0, 3);
  ASSERT_TRUE(server.start()) << server.log();
  task.finish();
  expect_windows(0, 3);
}

TEST_F(Influx, holds_points_while_the_database_is_not_there) {
  TaskHarness task(influx_operator(), options(), count_fields());
  feed(task, 0, 2);
  wait_until_written(task, 2 * points_per_window);
  ASSERT_EQ(server.query("", "DROP DATABASE dns"), "");
  feed(task, 2, 4);
  while (task.counter("spool_points") < 2 * points_per_window) std::this_thread::yield();
  ASSERT_EQ(server.query("", "CREATE DATABASE dns"), "");
  task.finish();
  expect_windows(2, 4);
}

TEST_F(Influx, ends_at_once_if_the_database_stays_away) {
  TaskHarness task(influx_operator(), options({{"drain_timeout", {"1h"}}}), count_fields());
  ASSERT_EQ(server.query("", "DROP DATABASE dns"), "");
  feed(task, 0, 2);
  auto done = task.try_finish();
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().what, HasSubstr("40 points could not be delivered"));
  EXPECT_THAT(done.error().what, HasSubstr("database not found"));
}

TEST(InfluxUsers, are_asked_for) {
  if (!InfluxServer::is_installed())
    GTEST_SKIP() << "influxd is not installed (Debian package influxdb)";
  TemporaryFolder folder;
  InfluxServer server(folder.path().string(), true);
  ASSERT_TRUE(server.start()) << server.log();
  ASSERT_EQ(server.query("", "CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES"), "");
  server.user = "admin";
  server.password = "secret";
  ASSERT_EQ(server.query("", "CREATE DATABASE dns"), "");
  TextOptions options = {
      {"url", {server.url()}}, {"database", {"dns"}}, {"spool", {folder.path().string()}}};
  TaskHarness stranger(influx_operator(), options, count_fields());
  ASSERT_FALSE(stranger.prepared.ok());
  EXPECT_EQ(stranger.prepared.error().kind, ErrorKind::permission);

  setenv("DNSTORM_TEST_PASSWORD", "secret", 1);
  options["user"] = {"admin"};
  options["password"] = {"env:DNSTORM_TEST_PASSWORD"};
  TaskHarness known(influx_operator(), options, count_fields());
  ASSERT_TRUE(known.prepared.ok()) << known.prepared.error().what;
  known.feed({{"0s", "10s", "28", "0", "2"}});
  known.finish();
  EXPECT_EQ(server.query("dns", "SELECT \"count\" FROM input"), "input time=0 count=2\n");
}

TEST(InfluxTls, is_asked_for_a_certificate_that_is_known) {
  if (!InfluxServer::is_installed())
    GTEST_SKIP() << "influxd is not installed (Debian package influxdb)";
  TemporaryFolder folder;
  std::string pem = folder.path_of("server.pem");
  std::string make =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "
      "subjectAltName=IP:127.0.0.1 -keyout '" +
      pem + "' -out '" + pem + ".crt' 2>/dev/null && cat '" + pem + ".crt' >> '" + pem + "'";
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "openssl makes no certificate";
  InfluxServer server(folder.path().string());
  server.certificate = pem;
  ASSERT_TRUE(server.start()) << server.log();
  ASSERT_THAT(server.url(), ::testing::StartsWith("https://"));
  ASSERT_EQ(server.query("", "CREATE DATABASE dns"), "");
  auto with = [&](const std::string& option, const std::string& value) {
    TextOptions options = {
        {"url", {server.url()}}, {"database", {"dns"}}, {"spool", {folder.path().string()}}};
    if (!option.empty()) options[option] = {value};
    return options;
  };
  TaskHarness stranger(influx_operator(), with("", ""), count_fields());
  ASSERT_FALSE(stranger.prepared.ok());
  EXPECT_THAT(stranger.prepared.error().what, HasSubstr("certificate"));

  TaskHarness known(influx_operator(), with("ca_file", pem + ".crt"), count_fields());
  ASSERT_TRUE(known.prepared.ok()) << known.prepared.error().what;
  known.feed({{"0s", "10s", "28", "0", "2"}});
  known.finish();
  TaskHarness careless(influx_operator(), with("insecure", "true"), count_fields());
  ASSERT_TRUE(careless.prepared.ok()) << careless.prepared.error().what;
  careless.feed({{"10s", "20s", "28", "0", "3"}});
  careless.finish();
  EXPECT_EQ(server.query("dns", "SELECT \"count\" FROM input"),
            "input time=0 count=2\ninput time=10000000000 count=3\n");
}

}  // namespace
}  // namespace dnstorm::e2e
