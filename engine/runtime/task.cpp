#include "engine/runtime/task.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::runtime {

namespace {

TaskContext make_context(const TaskSetup& setup, TaskIndex index) {
  const TaskWiring& wiring = setup.wiring->tasks[index];
  const plan::ComponentPlan& component = setup.plan->components[wiring.component];
  TaskContext context;
  context.topology = setup.plan->name;
  context.component = component.id;
  context.task_index = wiring.index;
  context.task_count = component.tasks;
  for (const plan::InputPlan& input : component.inputs) {
    const plan::ComponentPlan& source = setup.plan->components[input.component];
    const plan::OutputPlan& stream = source.outputs[input.stream];
    context.inputs.push_back({source.id, stream.name, stream.schema});
  }
  for (const plan::OutputPlan& output : component.outputs) context.outputs.push_back(output.schema);
  context.clock = setup.clock;
  context.feed = setup.feed;
  return context;
}

// Adds the time of a scope to busy_ns.
class BusyTime {
 public:
  BusyTime(const Clock& clock, Counter& counter)
      : clock_(clock), counter_(counter), start_(clock.steady_ns()) {}
  ~BusyTime() { counter_.add(static_cast<std::uint64_t>(clock_.steady_ns() - start_)); }

 private:
  const Clock& clock_;
  Counter& counter_;
  TimeNs start_;
};

}  // namespace

Task::Task(const TaskSetup& setup, TaskIndex index)
    : setup_(setup),
      index_(index),
      context_(make_context(setup, index)),
      router_(setup.wiring->tasks[index], context_.outputs, setup.plan->config.credits,
              setup.send_event),
      emitter_(context_.outputs, router_),
      rows_received_(setup.wiring->tasks[index].in_edges.size()) {
  context_.counters = &stats_.own;
}

const plan::ComponentPlan& Task::component() const {
  return setup_.plan->components[wiring().component];
}

void Task::enter_round(Slot slot, std::uint64_t round) {
  // Rows of a round that is left open must not slip into the round of another origin.
  if (slot != slot_) emitter_.flush();
  slot_ = slot;
  router_.enter_round(slot, round);
}

void Task::close_round(TimeNs watermark, std::uint64_t checkpoint, bool last) {
  emitter_.flush();
  router_.end_round(watermark, checkpoint, last);
  stats_.emitted.set(emitter_.rows_emitted());
  stats_.rounds.add();
}

SpoutTask::SpoutTask(const TaskSetup& setup, TaskIndex index)
    : Task(setup, index), spout_(component().op->make_spout(component().options)) {}

Result<void> SpoutTask::prepare() { return spout_->open(context_); }

void SpoutTask::push(Event) { DNSTORM_ASSERT(false, "a spout has no inputs", context_.component); }

void SpoutTask::end_stream() {
  close_round(time_max, 0, true);
  spout_->close();
  finished_ = true;
}

Result<Task::Progress> SpoutTask::run_one() {
  if (finished_) return Progress::finished;
  if (round_ >= router_.horizon().front()) return Progress::blocked;
  BusyTime busy(*setup_.clock, stats_.busy_ns);
  enter_round(0, round_);
  if (stop_) {
    end_stream();
    return Progress::worked;
  }
  std::uint64_t emitted_before = emitter_.rows_emitted();
  Result<Spout::Next> next = spout_->next(emitter_);
  if (!next.ok() || *next == Spout::Next::end) {
    end_stream();
    if (!next.ok()) return std::move(next.error());
    return Progress::worked;
  }
  TimeNs reached = std::max(watermark_, spout_->watermark());
  if (emitter_.rows_emitted() == emitted_before && reached == watermark_)
    return *next == Spout::Next::idle ? Progress::idle : Progress::worked;
  watermark_ = reached;
  close_round(watermark_, 0, false);
  ++round_;
  return Progress::worked;
}

BoltTask::BoltTask(const TaskSetup& setup, TaskIndex index)
    : Task(setup, index),
      bolt_(component().op->make_bolt(component().options)),
      merge_(wiring()),
      // A quarter of the window at a time: the sender never runs dry, and credits are few messages.
      credit_stride_(std::max(1u, setup.plan->config.credits / 4)),
      origin_watermarks_(wiring().origins.size(), time_min),
      origins_open_(static_cast<std::uint32_t>(wiring().origins.size())) {}

Result<void> BoltTask::prepare() { return bolt_->prepare(context_); }

Result<Task::Progress> BoltTask::run_one() {
  if (finished_) return Progress::finished;
  auto step = merge_.step(router_.horizon());
  if (!step) return Progress::idle;
  BusyTime busy(*setup_.clock, stats_.busy_ns);
  enter_round(step->slot, step->event.round);
  if (step->event.batch) execute(step->event);
  if (step->round_complete) DNSTORM_CHECK(complete_round(*step));
  return Progress::worked;
}

void BoltTask::execute(const Event& event) {
  std::uint32_t rows = event.row_count();
  rows_received_[event.edge] += rows;
  bolt_->execute({event.input, event.batch, event.selection}, emitter_);
  stats_.executed.add(rows);
}

Result<void> BoltTask::complete_round(const InputMerge::Step& step) {
  origin_watermarks_[step.slot] = step.last ? time_max : step.watermark;
  TimeNs reached = *std::min_element(origin_watermarks_.begin(), origin_watermarks_.end());
  if (reached > watermark_) {
    watermark_ = reached;
    bolt_->watermark(watermark_, emitter_);
  }
  Result<void> done;
  if (step.last && --origins_open_ == 0) {
    done = bolt_->finish(emitter_);
    finished_ = true;
  }
  close_round(step.watermark, step.checkpoint, step.last);
  if (!step.last) return_credit(step.slot, step.event.round + 1);
  return done;
}

void BoltTask::return_credit(Slot slot, std::uint64_t rounds) {
  if (rounds % credit_stride_ != 0) return;
  std::uint32_t origin = wiring().origins[slot];
  for (const InEdge& edge : wiring().in_edges) {
    auto at = std::find(edge.origins.begin(), edge.origins.end(), origin);
    if (at == edge.origins.end()) continue;
    setup_.send_credit(
        {edge.from, edge.out_edge, static_cast<Slot>(at - edge.origins.begin()), rounds});
  }
}

}  // namespace dnstorm::runtime
