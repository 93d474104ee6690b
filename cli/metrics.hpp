// The engine's numbers in one table, for whoever asks: Prometheus' text format (GET /metrics of the
// board's server), the points that go to InfluxDB (metrics_influx.hpp) and docs/metrics.md are made
// of it. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/local_run.hpp"

namespace dnstorm::cli {

// What there is to know about a metric before it has a value.
struct MetricInfo {
  const char* name;  // with its unit, as Prometheus wants it (seconds, _total)
  const char* help;
  const char* type;    // counter, gauge, summary
  const char* unit;    // rows, seconds, ...
  const char* labels;  // comma separated
};
std::vector<MetricInfo> metric_table();
// The table of docs/metrics.md.
std::string metrics_markdown();

struct Sample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
  std::string suffix = {};  // of a summary: _sum, _count
};
struct Metric {
  MetricInfo info;
  std::vector<Sample> samples;
};

std::vector<Metric> metrics_of(const runtime::RunStatus& status,
                               const std::vector<runtime::TaskLatency>& latencies);

// Prometheus' text format 0.0.4.
std::string prometheus_text(const std::vector<Metric>& metrics);

}  // namespace dnstorm::cli
