#include "cli/metrics.hpp"

#include <fmt/format.h>

namespace dnstorm::cli {

namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;
using runtime::TaskStatus;

constexpr double seconds_of_ns = 1e-9;
constexpr double quantiles[] = {0.5, 0.9, 0.99, 0.999};

Labels labels_of(const std::string& component, std::uint32_t task) {
  return {{"component", component}, {"task", std::to_string(task)}};
}

struct Column {
  const char* name;
  const char* help;
  std::uint64_t TaskStatus::*value;
  bool time = false;   // nanoseconds here, seconds there
  bool spout = false;  // of spouts only
};
constexpr Column columns[] = {
    {"dnstorm_task_executed_rows_total", "Rows worked off", &TaskStatus::executed},
    {"dnstorm_task_emitted_rows_total", "Rows emitted", &TaskStatus::emitted},
    {"dnstorm_task_rounds_total", "Rounds of sources worked off", &TaskStatus::rounds},
    {"dnstorm_task_busy_seconds_total", "Time in the operator's code and its routing",
     &TaskStatus::busy_ns, true},
    {"dnstorm_task_blocked_seconds_total", "Time waited for readers without room, or for acks",
     &TaskStatus::blocked_ns, true},
    {"dnstorm_task_idle_seconds_total", "Time waited for input", &TaskStatus::idle_ns, true},
    {"dnstorm_roots_acked_total", "Tracked roots that were worked off", &TaskStatus::acked, false,
     true},
    {"dnstorm_roots_failed_total", "Tracked roots that failed or timed out", &TaskStatus::failed,
     false, true},
    {"dnstorm_roots_timed_out_total", "Tracked roots that timed out", &TaskStatus::timed_out, false,
     true},
    {"dnstorm_roots_replayed_total", "Tracked roots emitted again", &TaskStatus::replayed, false,
     true},
};

Metric metric_of(const Column& column, const runtime::RunStatus& status) {
  Metric metric{column.name, column.help, "counter", {}};
  for (const TaskStatus& task : status.tasks) {
    if (column.spout && !task.spout) continue;
    double value = static_cast<double>(task.*column.value) * (column.time ? seconds_of_ns : 1);
    metric.samples.push_back({labels_of(task.component, task.index), value});
  }
  return metric;
}

Metric operator_counters(const runtime::RunStatus& status) {
  Metric metric{
      "dnstorm_operator_counter", "Counters of the operators, by their own names", "gauge", {}};
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
  Metric latency{"dnstorm_task_latency_seconds",
                 "From the beginning of a row's round at its source to the end of the call that "
                 "worked it off",
                 "summary",
                 {}};
  Metric execute{"dnstorm_task_execute_seconds", "Calls of the operator", "summary", {}};
  Metric wait{"dnstorm_edge_wait_seconds", "Rows waiting for a task, by edge", "summary", {}};
  for (const runtime::TaskLatency& task : latencies) {
    Labels labels = labels_of(task.component, task.index);
    add_summary(latency, labels, task.latency);
    add_summary(execute, labels, task.execute);
    for (const auto& edge : task.edges) {
      Labels between = labels;
      between.emplace_back("from", edge.from);
      between.emplace_back("stream", edge.stream);
      add_summary(wait, between, edge.wait);
    }
  }
  for (Metric* metric : {&latency, &execute, &wait}) metrics.push_back(std::move(*metric));
}

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::vector<Metric> metrics_of(const runtime::RunStatus& status,
                               const std::vector<runtime::TaskLatency>& latencies) {
  std::vector<Metric> metrics;
  for (const Column& column : columns) metrics.push_back(metric_of(column, status));
  metrics.push_back(operator_counters(status));
  const runtime::CheckpointStatus& done = status.checkpoints;
  auto single = [&](const char* name, const char* help, const char* type, double value) {
    metrics.push_back({name, help, type, {{{}, value}}});
  };
  single("dnstorm_checkpoints_completed_total", "Checkpoints written by this run", "counter",
         static_cast<double>(done.completed));
  single("dnstorm_checkpoint_bytes", "Size of the newest checkpoint", "gauge",
         static_cast<double>(done.bytes));
  single("dnstorm_checkpoint_duration_seconds", "From its barrier to its file, of the newest",
         "gauge", static_cast<double>(done.duration_ns) * seconds_of_ns);
  add_latencies(metrics, latencies);
  return metrics;
}

std::string prometheus_text(const std::vector<Metric>& metrics) {
  std::string text;
  for (const Metric& metric : metrics) {
    if (metric.samples.empty()) continue;
    text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", metric.name, metric.help, metric.name,
                        metric.type);
    for (const Sample& sample : metric.samples) {
      text += metric.name + sample.suffix;
      for (std::size_t i = 0; i < sample.labels.size(); ++i)
        text += fmt::format("{}{}=\"{}\"", i == 0 ? "{" : ",", sample.labels[i].first,
                            escaped(sample.labels[i].second));
      text += fmt::format("{} {}\n", sample.labels.empty() ? "" : "}", sample.value);
    }
  }
  return text;
}

}  // namespace dnstorm::cli
