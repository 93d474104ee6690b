#include "operators/sinks/latency.hpp"

#include <memory>
#include <utility>
#include <vector>

#include "engine/telemetry/histogram.hpp"

namespace dnstorm::operators {

namespace {

class LatencySink final : public Bolt {
 public:
  explicit LatencySink(Options options)
      : options_(std::move(options)), warmup_(options_.duration("warmup")) {}

  Result<void> prepare(const TaskContext& task) override {
    clock_ = task.clock;
    for (const Input& input : task.inputs)
      times_.push_back(input.schema->ref<TimeNs>(options_.text("time")));
    measured_ = &task.counter("measured");
    warmed_up_ = &task.counter("warmup");
    ahead_ = &task.counter("ahead");
    for (Quantile& quantile : quantiles_) quantile.counter = &task.counter(quantile.name);
    return {};
  }

  // Rows of a batch arrive together: one look at the clock is right for all of them.
  void execute(const InputBatch& in, Emitter&) override {
    TimeNs steady = clock_->steady_ns();
    if (!started_) begin_ = published_ = steady, started_ = true;
    if (steady - begin_ < warmup_) return warmed_up_->add(in.rows().size());
    TimeNs now = clock_->wall_ns();
    for (RowView row : in.rows()) record(now - row.get(times_[in.input]));
    measured_->add(in.rows().size());
    if (steady - published_ >= ns_per_s) publish(steady);
  }

  Result<void> finish(Emitter&) override {
    publish(clock_->steady_ns());
    return {};
  }

 private:
  struct Quantile {
    const char* name;
    double q;
    Counter* counter = nullptr;
  };

  void record(DurationNs ns) {
    if (ns < 0) ahead_->add();
    latencies_.record(ns < 0 ? 0 : static_cast<std::uint64_t>(ns));
  }
  // For those who watch the run; a snapshot is too much work to be made for each batch.
  void publish(TimeNs steady) {
    published_ = steady;
    HistogramSnapshot seen = latencies_.snapshot();
    for (Quantile& quantile : quantiles_) quantile.counter->set(seen.quantile(quantile.q));
  }

  Options options_;
  DurationNs warmup_;
  const Clock* clock_ = nullptr;
  std::vector<FieldRef<TimeNs>> times_;  // one an input
  Histogram latencies_;
  bool started_ = false;
  TimeNs begin_ = 0;
  TimeNs published_ = 0;
  Counter* measured_ = nullptr;
  Counter* warmed_up_ = nullptr;
  Counter* ahead_ = nullptr;
  std::vector<Quantile> quantiles_ = {{"latency_ns_p50", 0.5},
                                      {"latency_ns_p90", 0.9},
                                      {"latency_ns_p99", 0.99},
                                      {"latency_ns_p999", 0.999},
                                      {"latency_ns_max", 1}};
};

Result<Declaration> declare_latency(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.never_waits = true;
  declaration.restorable = true;
  for (const InputDecl& input : inputs) {
    Field field = DNSTORM_TRY(require_field(input, options.text("time"), "time"));
    if (field.type != Type::time)
      return Error{
          ErrorKind::config,
          fmt::format("field '{}' of stream '{}' of '{}' is of type {}; `time` needs a time",
                      field.name, input.stream, input.component, to_string(field.type)),
          "time"};
    declaration.reads.push_back({options.text("time")});
  }
  return declaration;
}

}  // namespace

OperatorDef latency_operator() {
  OperatorDef def;
  def.name = "latency";
  def.kind = OperatorKind::sink;
  def.summary = "Measures how long rows took from their source to here.";
  def.options = {
      {"time", OptionType::text, "time", "the field that says when a row was emitted"},
      {"warmup", OptionType::duration, "0s",
       "rows that come within this time of the first are left out", false, 0, 1e15},
  };
  def.example = "- id: latency\n  className: latency\n  properties: {warmup: 2s}\n";
  def.declare = declare_latency;
  def.make_bolt = [](const Options& options) { return std::make_unique<LatencySink>(options); };
  return def;
}

}  // namespace dnstorm::operators
