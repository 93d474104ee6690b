#include "cli/metrics.hpp"

#include <fmt/format.h>

#include "operators/sinks/exposition.hpp"

namespace dnstorm::cli {

namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;
using runtime::TaskStatus;

constexpr double seconds_of_ns = 1e-9;
constexpr double quantiles[] = {0.5, 0.9, 0.99, 0.999};

Labels labels_of(const std::string& component, std::uint32_t task) {
  return {{"component", component}, {"task", std::to_string(task)}};
}

constexpr const char* of_task = "component, task";
constexpr const char* of_edge = "component, task, from, stream";

struct Column {
  MetricInfo info;
  std::uint64_t TaskStatus::*value;
  bool time = false;   // nanoseconds here, seconds there
  bool spout = false;  // of spouts only
};
constexpr Column columns[] = {
    {{"dnstorm_task_executed_rows_total", "Rows worked off", "counter", "rows", of_task},
     &TaskStatus::executed},
    {{"dnstorm_task_emitted_rows_total", "Rows emitted", "counter", "rows", of_task},
     &TaskStatus::emitted},
    {{"dnstorm_task_rounds_total", "Rounds of sources worked off", "counter", "rounds", of_task},
     &TaskStatus::rounds},
    {{"dnstorm_task_busy_seconds_total", "Time in the operator's code and its routing", "counter",
      "seconds", of_task},
     &TaskStatus::busy_ns,
     true},
    {{"dnstorm_task_blocked_seconds_total", "Time waited for readers without room, or for acks",
      "counter", "seconds", of_task},
     &TaskStatus::blocked_ns,
     true},
    {{"dnstorm_task_idle_seconds_total", "Time waited for input", "counter", "seconds", of_task},
     &TaskStatus::idle_ns,
     true},
    {{"dnstorm_roots_acked_total", "Tracked roots that were worked off", "counter", "roots",
      of_task},
     &TaskStatus::acked,
     false,
     true},
    {{"dnstorm_roots_failed_total", "Tracked roots that failed or timed out", "counter", "roots",
      of_task},
     &TaskStatus::failed,
     false,
     true},
    {{"dnstorm_roots_timed_out_total", "Tracked roots that timed out", "counter", "roots", of_task},
     &TaskStatus::timed_out,
     false,
     true},
    {{"dnstorm_roots_replayed_total", "Tracked roots emitted again", "counter", "roots", of_task},
     &TaskStatus::replayed,
     false,
     true},
};

constexpr MetricInfo operator_counter = {"dnstorm_operator_counter",
                                         "Counters of the operators, by their own names", "gauge",
                                         "as the operator's page says", "component, task, counter"};
constexpr MetricInfo checkpoints_completed = {"dnstorm_checkpoints_completed_total",
                                              "Checkpoints written by this run", "counter",
                                              "checkpoints", ""};
constexpr MetricInfo checkpoint_bytes = {"dnstorm_checkpoint_bytes",
                                         "Size of the newest checkpoint", "gauge", "bytes", ""};
constexpr MetricInfo checkpoint_duration = {"dnstorm_checkpoint_duration_seconds",
                                            "From its barrier to its file, of the newest", "gauge",
                                            "seconds", ""};
constexpr MetricInfo task_latency = {
    "dnstorm_task_latency_seconds",
    "From the beginning of a row's round at its source to the end of the call that worked it off",
    "summary", "seconds", of_task};
constexpr MetricInfo task_execute = {"dnstorm_task_execute_seconds", "Calls of the operator",
                                     "summary", "seconds", of_task};
constexpr MetricInfo edge_wait = {"dnstorm_edge_wait_seconds", "Rows waiting for a task, by edge",
                                  "summary", "seconds", of_edge};
constexpr MetricInfo edge_rows = {"dnstorm_edge_rows_total", "Rows that came to a task, by edge",
                                  "counter", "rows", of_edge};

Metric metric_of(const Column& column, const runtime::RunStatus& status) {
  Metric metric{column.info, {}};
  for (const TaskStatus& task : status.tasks) {
    if (column.spout && !task.spout) continue;
    double value = static_cast<double>(task.*column.value) * (column.time ? seconds_of_ns : 1);
    metric.samples.push_back({labels_of(task.component, task.index), value});
  }
  return metric;
}

Metric operator_counters(const runtime::RunStatus& status) {
  Metric metric{operator_counter, {}};
  for (const TaskStatus& task : status.tasks)
    for (const NamedValue& counter : task.counters) {
      Labels labels = labels_of(task.component, task.index);
      labels.emplace_back("counter", counter.name);
      metric.samples.push_back({std::move(labels), static_cast<double>(counter.value)});
    }
  return metric;
}

void add_summary(Metric& metric, const Labels& labels, const HistogramSnapshot& seen) {
  for (double q : quantiles) {
    Labels with = labels;
    with.emplace_back("quantile", fmt::format("{}", q));
    metric.samples.push_back(
        {std::move(with), static_cast<double>(seen.quantile(q)) * seconds_of_ns});
  }
  metric.samples.push_back({labels, static_cast<double>(seen.sum()) * seconds_of_ns, "_sum"});
  metric.samples.push_back({labels, static_cast<double>(seen.count()), "_count"});
}

void add_latencies(std::vector<Metric>& metrics,
                   const std::vector<runtime::TaskLatency>& latencies) {
  Metric latency{task_latency, {}};
  Metric execute{task_execute, {}};
  Metric wait{edge_wait, {}};
  Metric rows{edge_rows, {}};
  for (const runtime::TaskLatency& task : latencies) {
    Labels labels = labels_of(task.component, task.index);
    add_summary(latency, labels, task.latency);
    add_summary(execute, labels, task.execute);
    for (const auto& edge : task.edges) {
      Labels between = labels;
      between.emplace_back("from", edge.from);
      between.emplace_back("stream", edge.stream);
      add_summary(wait, between, edge.wait);
      // Each row that comes has waited, if only for a moment.
      rows.samples.push_back({std::move(between), static_cast<double>(edge.wait.count())});
    }
  }
  for (Metric* metric : {&latency, &execute, &wait, &rows}) metrics.push_back(std::move(*metric));
}

}  // namespace

std::vector<Metric> metrics_of(const runtime::RunStatus& status,
                               const std::vector<runtime::TaskLatency>& latencies) {
  std::vector<Metric> metrics;
  for (const Column& column : columns) metrics.push_back(metric_of(column, status));
  metrics.push_back(operator_counters(status));
  const runtime::CheckpointStatus& done = status.checkpoints;
  auto single = [&](const MetricInfo& info, double value) {
    metrics.push_back({info, {{{}, value}}});
  };
  single(checkpoints_completed, static_cast<double>(done.completed));
  single(checkpoint_bytes, static_cast<double>(done.bytes));
  single(checkpoint_duration, static_cast<double>(done.duration_ns) * seconds_of_ns);
  add_latencies(metrics, latencies);
  return metrics;
}

std::vector<MetricInfo> metric_table() {
  std::vector<MetricInfo> table;
  for (const Column& column : columns) table.push_back(column.info);
  for (const MetricInfo& info : {edge_rows, task_latency, task_execute, edge_wait, operator_counter,
                                 checkpoints_completed, checkpoint_bytes, checkpoint_duration})
    table.push_back(info);
  return table;
}

std::string metrics_markdown() {
  std::string text =
      "| metric | type | unit | labels | meaning |\n| --- | --- | --- | --- | --- |\n";
  for (const MetricInfo& info : metric_table())
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", info.name, info.type, info.unit,
                        info.labels, info.help);
  return text;
}

std::string prometheus_text(const std::vector<Metric>& metrics) {
  std::string text;
  for (const Metric& metric : metrics) {
    if (metric.samples.empty()) continue;
    operators::append_metric_head(text, metric.info.name, metric.info.help, metric.info.type);
    for (const Sample& sample : metric.samples) {
      text += metric.info.name + sample.suffix;
      for (std::size_t i = 0; i < sample.labels.size(); ++i) {
        text += fmt::format("{}{}=\"", i == 0 ? "{" : ",", sample.labels[i].first);
        operators::append_label_value(text, sample.labels[i].second);
        text += '"';
      }
      text += fmt::format("{} {}\n", sample.labels.empty() ? "" : "}", sample.value);
    }
  }
  return text;
}

}  // namespace dnstorm::cli
