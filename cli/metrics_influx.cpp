#include "cli/metrics_influx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "operators/sinks/line_protocol.hpp"

namespace dnstorm::cli {

namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t queue_points = 50'000;
constexpr std::uint64_t spool_bytes = 64 << 20;
constexpr DurationNs drain_timeout = 5 * ns_per_s;

// 0.999 -> p999
std::string quantile_name(const std::string& quantile) {
  std::string digits = quantile.substr(quantile.find('.') + 1);
  if (digits.size() == 1) digits += '0';
  return "p" + digits;
}

// Tags are written in their order by name, as InfluxDB wants them.
std::string series_of(const char* metric, Labels labels, const std::string& topology) {
  labels.emplace_back("topology", topology);
  std::sort(labels.begin(), labels.end());
  std::string text;
  operators::append_measurement(text, metric);
  for (const auto& [name, value] : labels) {
    if (value.empty()) continue;
    text += ',';
    operators::append_tag_text(text, name);
    text += '=';
    operators::append_tag_text(text, value);
  }
  return text;
}

Result<Options> options_of(const plan::MetricsConfig& config) {
  RawOptions raw;
  for (const auto& [name, value] : config.influx) raw[name].values = {value};
  return Options::parse(operators::InfluxTarget::specs(), raw);
}

void note(const std::string& text) { fmt::print(stderr, "dnstorm: metrics: {}\n", text); }

Error in_config(Error error) {
  error.what = "config: topology.metrics.influx: " + error.what;
  return error;
}

}  // namespace

operators::LineChunk influx_lines(const std::vector<Metric>& metrics, const std::string& topology,
                                  TimeNs at) {
  operators::LineChunk chunk;
  for (const Metric& metric : metrics) {
    operators::Point point;
    std::vector<std::string> names;
    names.reserve(metric.samples.size());  // fields hold views
    auto flush = [&](std::string series) {
      if (!point.fields.empty()) chunk.add(point);
      point.series = std::move(series);
      point.time = at;
      point.fields.clear();
    };
    // The samples of one summary follow each other, and are fields of one point.
    for (const Sample& sample : metric.samples) {
      Labels labels = sample.labels;
      std::string field = sample.suffix.empty() ? "value" : sample.suffix.substr(1);
      if (!labels.empty() && labels.back().first == "quantile") {
        field = quantile_name(labels.back().second);
        labels.pop_back();
      }
      std::string series = series_of(metric.info.name, std::move(labels), topology);
      if (series != point.series) flush(std::move(series));
      names.push_back(std::move(field));
      if (std::isfinite(sample.value)) point.fields.push_back({names.back(), sample.value});
    }
    flush({});
  }
  return chunk;
}

Result<void> check_metrics(const plan::MetricsConfig& config) {
  if (config.influx.empty()) return {};
  auto options = options_of(config);
  if (!options.ok()) return in_config(std::move(options.error()));
  auto checked = operators::InfluxTarget::check(*options);
  if (!checked.ok()) return in_config(std::move(checked.error()));
  return {};
}

Result<operators::InfluxTarget> metrics_target(const plan::MetricsConfig& config) {
  DNSTORM_CHECK(check_metrics(config));
  auto target = operators::InfluxTarget::of(*options_of(config));
  if (!target.ok()) return in_config(std::move(target.error()));
  return target;
}

MetricsInflux::MetricsInflux(const plan::Plan& plan, Collect collect)
    : plan_(plan), collect_(std::move(collect)), http_(operators::make_http_client()) {}

Result<std::unique_ptr<MetricsInflux>> MetricsInflux::start(const plan::Plan& plan,
                                                            Collect collect) {
  auto target = DNSTORM_TRY(metrics_target(plan.config.metrics));
  std::unique_ptr<MetricsInflux> made(new MetricsInflux(plan, std::move(collect)));
  auto there = operators::check_influx(*made->http_, target);
  if (!there.ok()) {
    there.error().what = "metrics: " + there.error().what;
    return std::move(there.error());
  }
  auto spool = operators::LineSpool::open(
      {.folder = operators::spool_folder(".", plan.name + "-metrics"), .bytes_max = spool_bytes},
      note);
  if (!spool.ok()) return std::move(spool.error()).within("metrics");
  made->spool_ = std::move(spool).value();
  operators::InfluxWriterSettings settings;
  settings.queue_points = queue_points;
  settings.drain_timeout = drain_timeout;
  settings.seed = static_cast<std::uint32_t>(made->clock_.steady_ns());
  made->writer_ = std::make_unique<operators::InfluxWriter>(
      settings, std::move(target), *made->http_, made->pause_, *made->spool_,
      operators::InfluxCounters(made->counters_), note);
  made->thread_ = std::thread([self = made.get()] { self->run(); });
  return made;
}

MetricsInflux::~MetricsInflux() { stop(); }

void MetricsInflux::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void MetricsInflux::run() {
  std::unique_lock lock(mutex_);
  std::chrono::nanoseconds period(plan_.config.metrics.period);
  while (!wake_.wait_for(lock, period, [this] { return stopping_; })) {
    lock.unlock();
    write();
    lock.lock();
  }
}

void MetricsInflux::write() {
  writer_->push(influx_lines(collect_(), plan_.name, clock_.wall_ns()));
}

Result<void> MetricsInflux::finish() {
  stop();
  write();
  return writer_->finish();
}

}  // namespace dnstorm::cli
