#include "cli/metrics_influx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/load.hpp"

namespace dnstorm::cli {
namespace {

using ::testing::HasSubstr;

TEST(MetricsInflux, AMetricIsAMeasurementAndASummaryOnePoint) {
  runtime::RunStatus status;
  status.tasks.resize(1);
  status.tasks[0].component = "my names";
  status.tasks[0].executed = 12;
  Histogram histogram;
  histogram.record(2'000'000'000);
  std::vector<runtime::TaskLatency> latencies(1);
  latencies[0].component = "my names";
  latencies[0].edges.push_back({"dns", "queries", histogram.snapshot()});
  auto chunk = influx_lines(metrics_of(status, latencies), "t", 5);
  EXPECT_THAT(chunk.text, HasSubstr("dnstorm_task_executed_rows_total,component=my\\ names,"
                                    "task=0,topology=t value=12 5\n"));
  EXPECT_THAT(chunk.text,
              HasSubstr("dnstorm_edge_wait_seconds,component=my\\ names,from=dns,stream=queries,"
                        "task=0,topology=t p50=2,p90=2,p99=2,p999=2,sum=2,count=1 5\n"));
  EXPECT_THAT(chunk.text, HasSubstr("dnstorm_checkpoint_bytes,topology=t value=0 5\n"));
  EXPECT_EQ(static_cast<std::size_t>(std::count(chunk.text.begin(), chunk.text.end(), '\n')),
            chunk.points());
}

Result<operators::InfluxTarget> target(const std::string& config) {
  OperatorRegistry registry = builtin_registry();
  auto plan = load_plan_text("name: t\nconfig: {" + config +
                                 "}\nspouts: [{id: words, className: words}]\n"
                                 "bolts: [{id: out, className: discard}]\n"
                                 "streams: [{from: words, to: out}]\n",
                             "t.yaml", {}, registry);
  if (!plan.ok()) return plan.error();
  return metrics_target(plan->config.metrics);
}

TEST(MetricsInflux, TheTargetIsThatOfTheConfig) {
  auto there = target(
      "topology.metrics.influx.url: \"http://db:8086/\", topology.metrics.influx.database: dns");
  ASSERT_TRUE(there.ok()) << there.error().what;
  EXPECT_EQ(there->write_url(), "http://db:8086/write?db=dns&precision=ns");
  auto nowhere = target("topology.metrics.influx.url: \"http://db:8086\"");
  ASSERT_FALSE(nowhere.ok());
  EXPECT_THAT(nowhere.error().what,
              HasSubstr("config: topology.metrics.influx: say where to write"));
}

}  // namespace
}  // namespace dnstorm::cli
