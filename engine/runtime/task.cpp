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
  context.task_id = component.first_task + wiring.index;
  context.view = setup.view;
  context.resuming = setup.restore != nullptr;
  for (const plan::InputPlan& input : component.inputs) {
    auto [from, output] = plan::source_of(*setup.plan, input);
    const plan::ComponentPlan& source = setup.plan->components[from];
    const plan::OutputPlan& stream = source.outputs[output];
    context.inputs.push_back({source.id, stream.name, stream.schema});
  }
  for (const plan::OutputPlan& output : component.outputs) context.outputs.push_back(output.schema);
  context.clock = setup.clock;
  context.feed = setup.feed;
  return context;
}

}  // namespace

Task::Task(const TaskSetup& setup, TaskIndex index, bool spout)
    : setup_(setup),
      index_(index),
      context_(make_context(setup, index)),
      router_(
          setup.wiring->tasks[index], context_.outputs,
          {setup.plan->config.credits, setup.plan->config.edge_bytes},
          [this](Event event) { setup_.send.event(std::move(event)); },
          setup.seed + index * 0x2545f4914f6cdd1dULL),
      roots_(spout && tracks() ? std::make_unique<RootTracker>(router_, wiring().origins.front(),
                                                               setup.plan->config.track_rows)
                               : nullptr),
      emitter_(context_.outputs, roots_ ? static_cast<Emitter::Outlet&>(*roots_) : router_),
      rows_received_(setup.wiring->tasks[index].in_edges.size()) {
  context_.counters = &stats_.own;
}

const plan::ComponentPlan& Task::component() const {
  return setup_.plan->components[wiring().component];
}

void Task::enter_round(Slot slot, std::uint64_t round) {
  // Rows of a round that is left open must not slip into the round of another origin.
  if (slot != slot_ && router_.in_round()) emitter_.flush();
  slot_ = slot;
  router_.enter_round(slot, round);
}

void Task::close_round(const RoundEnd& end) {
  emitter_.flush();
  if (roots_) roots_->seal();
  router_.end_round(end);
  stats_.emitted.set(emitter_.rows_emitted());
  stats_.rounds.add();
}

void Task::note(Progress progress) {
  if (progress == progress_ && progress == Progress::worked) return;
  if (progress != progress_) {
    TimeNs now = setup_.clock->steady_ns();
    auto waited = static_cast<std::uint64_t>(now - since_);
    if (progress_ == Progress::blocked) stats_.blocked_ns.add(waited);
    if (progress_ == Progress::idle) stats_.idle_ns.add(waited);
    progress_ = progress;
    since_ = now;
    stats_.waits_since.set(static_cast<std::uint64_t>(now));
  }
  stats_.waits_for.set(waits_for(progress));
}

void Task::save_own(StateWriter& out, bool ended, TimeNs watermark) const {
  out.put(ended);
  out.put(watermark);
  std::vector<NamedValue> counters = stats_.own.values();
  out.put(std::uint64_t{counters.size()});
  for (const NamedValue& counter : counters) {
    out.put_bytes(counter.name);
    out.put(counter.value);
  }
}

Task::OwnState Task::restore_own(StateReader& in) {
  OwnState state;
  state.ended = in.get<bool>();
  state.watermark = in.get<TimeNs>();
  std::uint64_t counters = in.get_count();
  for (std::uint64_t i = 0; i < counters; ++i) {
    std::string_view name = in.get_bytes();
    auto value = in.get<std::uint64_t>();
    if (in.ok()) stats_.own.counter(name).set(value);
  }
  return state;
}

Error Task::damaged_state() const {
  return {ErrorKind::data, "its state in the checkpoint cannot be read", {}};
}

}  // namespace dnstorm::runtime
