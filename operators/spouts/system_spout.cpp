#include "operators/spouts/system_spout.hpp"

#include <algorithm>
#include <memory>

#include "engine/api/system_view.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t ticks_stream = 0, metrics_stream = 1;
// Event time is told so often: nobody who reads rows of others, too, is held up for longer.
constexpr DurationNs time_step = 100 * ns_per_ms;

// Something that is due once a period, the first time after a full one; what was missed is not made
// up for.
class Period {
 public:
  explicit Period(DurationNs length) : length_(length) {}
  void begin(TimeNs now) { next_ = now + length_; }
  bool due(TimeNs now) const { return now >= next_; }
  void done(TimeNs now) { next_ += ((now - next_) / length_ + 1) * length_; }
  TimeNs next() const { return next_; }
  DurationNs length() const { return length_; }

 private:
  DurationNs length_;
  TimeNs next_ = 0;
};

class SystemSpout final : public Spout {
 public:
  explicit SystemSpout(const Options& options)
      : tick_(options.duration("tick")), metrics_(options.duration("metrics")) {}

  Result<void> open(const TaskContext& task) override {
    clock_ = task.clock;
    system_ = task.system;
    if (const auto& schema = task.outputs[ticks_stream]) {
      tick_time_ = schema->ref<TimeNs>("time");
      seconds_ = schema->ref<std::uint64_t>("seconds");
    }
    if (const auto& schema = task.outputs[metrics_stream]) {
      time_ = schema->ref<TimeNs>("time");
      component_ = schema->ref<Str>("component");
      task_ = schema->ref<std::uint32_t>("task");
      name_ = schema->ref<Str>("name");
      value_ = schema->ref<std::uint64_t>("value");
    }
    tick_.begin(clock_->steady_ns());
    metrics_.begin(clock_->steady_ns());
    return {};
  }

  Result<Next> next(Emitter& out) override {
    if (system_ == nullptr || system_->others_ended()) return Next::end;
    TimeNs now = clock_->steady_ns();
    bool told = tell(now, out);
    TimeNs wall = clock_->wall_ns();
    watermark_ = std::max(watermark_, wall - wall % time_step);
    if (told) return Next::more;
    system_->wait(std::min(tick_.next(), metrics_.next()) - now);
    return Next::idle;
  }

  TimeNs watermark() const override { return watermark_; }
  bool blocking() const override { return true; }

 private:
  bool tell(TimeNs now, Emitter& out) {
    bool told = false;
    if (tick_.due(now)) {
      tick_.done(now);
      if (out.wanted(ticks_stream)) {
        RowWriter row = out.row(ticks_stream);
        row.set(tick_time_, clock_->wall_ns());
        row.set(seconds_, static_cast<std::uint64_t>(tick_.length() / ns_per_s));
        told = true;
      }
    }
    if (!metrics_.due(now)) return told;
    if (!out.wanted(metrics_stream)) {
      metrics_.done(now);
      return told;
    }
    TimeNs wall = clock_->wall_ns();
    bool all = system_->metrics([&](const TaskMetric& metric) {
      RowWriter row = out.row(metrics_stream);
      row.set(time_, wall);
      row.set_str(component_, metric.component);
      row.set(task_, metric.task);
      row.set_str(name_, metric.name);
      row.set(value_, metric.value);
    });
    if (all) metrics_.done(now);  // otherwise it is asked again in a moment
    return told || all;
  }

  Period tick_, metrics_;
  const Clock* clock_ = nullptr;
  const SystemView* system_ = nullptr;
  TimeNs watermark_ = time_min;
  FieldRef<TimeNs> tick_time_, time_;
  FieldRef<std::uint64_t> seconds_, value_;
  FieldRef<Str> component_, name_;
  FieldRef<std::uint32_t> task_;
};

Result<Declaration> declare(const Options&, const std::vector<InputDecl>&) {
  Declaration declaration;
  declaration.restorable = true;  // it has no place to go on from
  declaration.single_task = true;
  declaration.ends_with_others = true;
  Field time{.name = "time", .type = Type::time, .role = Role::time, .help = "of the clock"};
  declaration.outputs = {
      {"__tick", {time, {.name = "seconds", .type = Type::u64, .help = "the period"}}},
      {"__metrics",
       {time,
        {.name = "component", .type = Type::str, .help = "whose number it is"},
        {.name = "task", .type = Type::u32, .help = "within the component"},
        {.name = "name",
         .type = Type::str,
         .help = "executed, emitted, rounds, busy_ns, blocked_ns, idle_ns, acked, failed, "
                 "timed_out, replayed, or a counter of the operator's own"},
        {.name = "value",
         .type = Type::u64,
         .role = Role::value,
         .help = "since the beginning of the run"}}}};
  return declaration;
}

}  // namespace

OperatorDef system_operator() {
  OperatorDef def;
  def.name = "system";
  def.kind = OperatorKind::spout;
  def.summary =
      "What the engine does: ticks, and the numbers of all tasks; streams: __tick, __metrics";
  def.options = {{.name = "tick",
                  .type = OptionType::duration,
                  .default_text = "1s",
                  .help = "time between two ticks",
                  .min = 1e9,
                  .max = 86400e9},
                 {.name = "metrics",
                  .type = OptionType::duration,
                  .default_text = "10s",
                  .help = "time between two looks at the numbers of the tasks",
                  .min = 100e6,
                  .max = 86400e9}};
  def.example =
      "streams:\n"
      "  - {from: __system, to: numbers, grouping: {type: SHUFFLE, streamId: __metrics}}\n";
  def.declare = declare;
  def.make_spout = [](const Options& options) { return std::make_unique<SystemSpout>(options); };
  return def;
}

}  // namespace dnstorm::operators
