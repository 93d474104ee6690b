// The metrics of a run in a real InfluxDB.
#include "cli/load.hpp"
#include "cli/metrics_influx.hpp"
#include "engine/runtime/local_run.hpp"
#include "tests/e2e/influx_server.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::e2e {
namespace {

using testing::TemporaryFolder;
using ::testing::HasSubstr;

class InfluxMetrics : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!InfluxServer::is_installed())
      GTEST_SKIP() << "influxd is not installed (Debian package influxdb)";
    ASSERT_TRUE(server.start()) << server.log();
  }
  Result<plan::Plan> load(const std::string& database) {
    return cli::load_plan_text(
        fmt::format("name: my words\nconfig:\n  topology.metrics.influx.url: {}\n"
                    "  topology.metrics.influx.database: {}\n"
                    "  topology.builtin.metrics.bucket.size.secs: 1\n"
                    "spouts:\n  - {{id: words, className: words, properties: {{limit: 5000}}}}\n"
                    "bolts:\n  - {{id: out, className: discard}}\n"
                    "streams:\n  - {{from: words, to: out, grouping: {{type: SHUFFLE}}}}\n",
                    server.url(), database),
        "words.yaml", {}, registry);
  }

  TemporaryFolder folder;
  InfluxServer server{folder.path().string()};
  OperatorRegistry registry = cli::builtin_registry();
};

TEST_F(InfluxMetrics, hold_the_exact_numbers_of_every_task_and_edge) {
  ASSERT_EQ(server.query("", "CREATE DATABASE ops"), "");
  plan::Plan plan = load("ops").value();
  auto run = runtime::LocalRun::start(plan, {}).value();
  auto writer = cli::MetricsInflux::start(
      plan, [&] { return cli::metrics_of(run->status(), run->latencies()); });
  ASSERT_TRUE(writer.ok()) << writer.error().what;
  ASSERT_TRUE(run->wait().ok());
  auto all = (*writer)->finish();
  ASSERT_TRUE(all.ok()) << all.error().what;
  auto last = [&](const std::string& what, const std::string& metric) {
    return server.query("ops", fmt::format("SELECT last({}) FROM {} GROUP BY *", what, metric));
  };
  std::string emitted = last("value", "dnstorm_task_emitted_rows_total");
  EXPECT_THAT(emitted, HasSubstr("component=words,task=0,topology=my words"));
  EXPECT_THAT(emitted, HasSubstr("last=5000\n"));
  EXPECT_THAT(last("value", "dnstorm_task_executed_rows_total"), HasSubstr("last=5000\n"));
  std::string rows = last("value", "dnstorm_edge_rows_total");
  EXPECT_THAT(rows, HasSubstr("component=out,from=words,stream=default,task=0"));
  EXPECT_THAT(rows, HasSubstr("last=5000\n"));
  EXPECT_THAT(last("count", "dnstorm_task_latency_seconds"), HasSubstr("last=5000\n"));
  EXPECT_THAT(last("p99", "dnstorm_edge_wait_seconds"), HasSubstr("component=out"));
  EXPECT_THAT(last("value", "dnstorm_task_busy_seconds_total"), HasSubstr("component=words"));
}

TEST_F(InfluxMetrics, are_refused_before_the_run_if_the_database_is_not_there) {
  plan::Plan plan = load("nowhere").value();
  auto writer = cli::MetricsInflux::start(plan, [] { return std::vector<cli::Metric>(); });
  ASSERT_FALSE(writer.ok());
  EXPECT_EQ(writer.error().kind, ErrorKind::config);
  EXPECT_THAT(writer.error().what, HasSubstr("metrics: influx: "));
  EXPECT_THAT(writer.error().what, HasSubstr("has no database 'nowhere'"));
}

}  // namespace
}  // namespace dnstorm::e2e
