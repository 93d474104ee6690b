#include "cli/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

namespace dnstorm::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, every_task_is_told_with_its_labels) {
  runtime::RunStatus status;
  runtime::TaskStatus spout;
  spout.component = "packets";
  spout.spout = true;
  spout.emitted = 12;
  spout.acked = 3;
  runtime::TaskStatus bolt;
  bolt.component = "a \"b\"\n";
  bolt.index = 1;
  bolt.busy_ns = 1'500'000'000;
  bolt.counters = {{"late_rows", 7}};
  status.tasks = {spout, bolt};
  std::string text = prometheus_text(metrics_of(status, {}));
  EXPECT_THAT(text,
              HasSubstr("# TYPE dnstorm_task_emitted_rows_total counter\n"
                        "dnstorm_task_emitted_rows_total{component=\"packets\",task=\"0\"} 12\n"));
  EXPECT_THAT(text, HasSubstr("dnstorm_task_busy_seconds_total{component=\"a \\\"b\\\"\\n\","
                              "task=\"1\"} 1.5\n"));
  EXPECT_THAT(text, HasSubstr("dnstorm_operator_counter{component=\"a \\\"b\\\"\\n\",task=\"1\","
                              "counter=\"late_rows\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("dnstorm_roots_acked_total{component=\"packets\",task=\"0\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("dnstorm_roots_acked_total{component=\"a")));
  EXPECT_THAT(text, HasSubstr("dnstorm_checkpoints_completed_total 0\n"));
}

TEST(Metrics, latencies_are_summaries_by_task_and_edge) {
  Histogram histogram;
  for (int i = 0; i < 100; ++i) histogram.record(2'000'000'000);
  std::vector<runtime::TaskLatency> latencies(1);
  latencies[0].component = "dns";
  latencies[0].latency = histogram.snapshot();
  latencies[0].edges.push_back({"packets", "default", histogram.snapshot()});
  std::string text = prometheus_text(metrics_of({}, latencies));
  EXPECT_THAT(text, HasSubstr("# TYPE dnstorm_task_latency_seconds summary\n"));
  EXPECT_THAT(text, HasSubstr("dnstorm_task_latency_seconds{component=\"dns\",task=\"0\","
                              "quantile=\"0.999\"} "));
  EXPECT_THAT(text, HasSubstr("dnstorm_task_latency_seconds_count{component=\"dns\",task=\"0\"} "
                              "100\n"));
  EXPECT_THAT(text, HasSubstr("dnstorm_task_latency_seconds_sum{component=\"dns\",task=\"0\"} "
                              "200\n"));
  EXPECT_THAT(text, HasSubstr("dnstorm_edge_wait_seconds{component=\"dns\",task=\"0\","
                              "from=\"packets\",stream=\"default\",quantile=\"0.5\"} "));
}

TEST(Metrics, the_reference_page_has_the_table_of_the_code) {
  std::ifstream file(DNSTORM_SOURCE "/docs/metrics.md");
  std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(page, HasSubstr(metrics_markdown())) << "docs/metrics.md is to hold this table:\n"
                                                   << metrics_markdown();
}

TEST(Metrics, every_metric_that_is_told_is_in_the_table) {
  std::set<std::string> known;
  for (const MetricInfo& info : metric_table()) known.insert(info.name);
  std::vector<Metric> told = metrics_of({}, {});
  for (const Metric& metric : told) EXPECT_TRUE(known.count(metric.info.name)) << metric.info.name;
  EXPECT_EQ(told.size(), known.size());
}

}  // namespace
}  // namespace dnstorm::cli
