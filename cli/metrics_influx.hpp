// The metrics of a run as points in an InfluxDB: one measurement a metric, by its name; the labels
// as tags, with the topology's name; the field `value`, or of a summary p50, p90, p99, p999, sum
// and count. Docs: docs/metrics.md.
//
//   auto writer = DNSTORM_TRY(MetricsInflux::start(plan, collect));   // asks the server first
//   Result<void> all = writer->finish();                              // the last numbers, too
//
// A thread of its own collects and hands the points to an InfluxWriter every `metrics.period` of
// the plan. What cannot be delivered waits in a spool, as that of the sink `influx`; the run is
// never held up.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "cli/metrics.hpp"
#include "engine/plan/plan.hpp"
#include "engine/telemetry/counter.hpp"
#include "operators/sinks/influx_writer.hpp"

namespace dnstorm::cli {

// Pure.
operators::LineChunk influx_lines(const std::vector<Metric>& metrics, const std::string& topology,
                                  TimeNs at);

// Whether that config says where: fails with kind `config`. Pure, for `dnstorm validate`.
Result<void> check_metrics(const plan::MetricsConfig& config);

// Where the config of a plan wants its metrics; fails with kind `config` if it cannot be there.
// Not for an empty config.
Result<operators::InfluxTarget> metrics_target(const plan::MetricsConfig& config);

class MetricsInflux {
 public:
  using Collect = std::function<std::vector<Metric>()>;

  static Result<std::unique_ptr<MetricsInflux>> start(const plan::Plan& plan, Collect collect);
  ~MetricsInflux();
  MetricsInflux(const MetricsInflux&) = delete;
  MetricsInflux& operator=(const MetricsInflux&) = delete;

  Result<void> finish();

 private:
  MetricsInflux(const plan::Plan& plan, Collect collect);
  void run();
  void write();
  void stop();

  const plan::Plan& plan_;
  Collect collect_;
  SystemClock clock_;
  CounterSet counters_;
  std::unique_ptr<operators::LineSpool> spool_;
  operators::SystemPause pause_;
  std::unique_ptr<operators::HttpTransport> http_;
  std::unique_ptr<operators::InfluxWriter> writer_;  // its thread uses what stands above
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dnstorm::cli
