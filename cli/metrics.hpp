// The engine's numbers in one table, for whoever asks: Prometheus' text format (GET /metrics of the
// board's server) and the summary of a run are made of it. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/local_run.hpp"

namespace dnstorm::cli {

struct Sample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
  std::string suffix = {};  // of a summary: _sum, _count
};
// One metric with its samples; units in the name, as Prometheus wants them (seconds, _total).
struct Metric {
  std::string name;
  std::string help;
  std::string type;  // counter, gauge, summary
  std::vector<Sample> samples;
};

std::vector<Metric> metrics_of(const runtime::RunStatus& status,
                               const std::vector<runtime::TaskLatency>& latencies);

// Prometheus' text format 0.0.4.
std::string prometheus_text(const std::vector<Metric>& metrics);

}  // namespace dnstorm::cli
