#include "operators/sinks/discard.hpp"

#include <poll.h>

#include <algorithm>
#include <ctime>
#include <memory>

namespace dnstorm::operators {

namespace {

class DiscardSink final : public Bolt {
 public:
  explicit DiscardSink(const Options& options) : rate_(options.number("rate")) {}
  Result<void> prepare(const TaskContext& task) override {
    clock_ = task.clock;
    discarded_ = &task.counter("discarded");
    return {};
  }
  void execute(const InputBatch& in, Emitter&) override {
    discarded_->add(in.rows().size());
    if (rate_ > 0) take_time(in.rows().size());
  }
  bool blocking() const override { return rate_ > 0; }

 private:
  // As slow as a target that takes so many rows a second: what comes faster has to wait.
  void take_time(std::size_t rows) {
    TimeNs now = clock_->steady_ns();
    free_at_ = std::max(free_at_, now) +
               static_cast<DurationNs>(static_cast<double>(rows) * ns_per_s / rate_);
    DurationNs busy = free_at_ - now;
    timespec time{busy / ns_per_s, busy % ns_per_s};
    ::ppoll(nullptr, 0, &time, nullptr);
  }

  double rate_;
  const Clock* clock_ = nullptr;
  TimeNs free_at_ = 0;
  Counter* discarded_ = nullptr;
};

// All fields are read, so that rows arrive as they would at a sink that uses them.
Result<Declaration> declare_discard(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.never_waits = options.number("rate") == 0;
  declaration.restorable = true;
  declaration.state = StateScope::none;
  for (const InputDecl& input : inputs) {
    auto& reads = declaration.reads.emplace_back();
    for (const Field& field : input.schema.fields()) reads.push_back(field.name);
  }
  return declaration;
}

}  // namespace

OperatorDef discard_operator() {
  OperatorDef def;
  def.name = "discard";
  def.kind = OperatorKind::sink;
  def.summary = "Counts rows and throws them away.";
  def.options = {{"rate", OptionType::number, "0",
                  "rows a second of each task at most, to try out a slow target; 0: no limit",
                  false, 0, 1e9}};
  def.aliases = {"org.apache.storm.perf.bolt.DevNullBolt"};
  def.example = "- id: nowhere\n  className: discard\n";
  def.declare = declare_discard;
  def.make_bolt = [](const Options& options) { return std::make_unique<DiscardSink>(options); };
  return def;
}

}  // namespace dnstorm::operators
