#include "engine/runtime/task.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::runtime {

namespace {

// A spout that is placed per node knows only of its tasks in this process: these share what there
// is to read, and what other nodes read is not theirs.
void count_tasks_here(const TaskSetup& setup, const TaskWiring& wiring, TaskContext& context) {
  if (setup.here == nullptr) return;
  context.task_index = context.task_count = 0;
  for (const TaskWiring& other : setup.wiring->tasks) {
    if (other.component != wiring.component || !(*setup.here)[other.executor]) continue;
    if (other.index < wiring.index) ++context.task_index;
    ++context.task_count;
  }
}

TaskContext make_context(const TaskSetup& setup, TaskIndex index) {
  const TaskWiring& wiring = setup.wiring->tasks[index];
  const plan::ComponentPlan& component = setup.plan->components[wiring.component];
  TaskContext context;
  context.topology = setup.plan->name;
  context.component = component.id;
  context.task_index = wiring.index;
  context.task_count = component.tasks;
  if (component.is_spout() && component.place.per_node) count_tasks_here(setup, wiring, context);
  context.task_id = component.first_task + wiring.index;
  context.view = setup.view;
  context.resuming = setup.saved_state(index) != nullptr;
  for (const plan::InputPlan& input : component.inputs) {
    auto [from, output] = plan::source_of(*setup.plan, input);
    const plan::ComponentPlan& source = setup.plan->components[from];
    const plan::OutputPlan& stream = source.outputs[output];
    bool by_key = input.grouping == plan::GroupingType::fields;
    context.inputs.push_back({source.id, stream.name, stream.schema,
                              by_key ? input.fields : std::vector<std::string>()});
  }
  for (const plan::OutputPlan& output : component.outputs) context.outputs.push_back(output.schema);
  context.clock = setup.clock;
  context.feed = setup.feed;
  context.resources = setup.resources.get();
  context.system = setup.run_view.get();
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
      hooks_(TaskHooks::make(component())),
      roots_(spout && tracks() ? std::make_unique<RootTracker>(router_, wiring().origins.front(),
                                                               setup.plan->config.track_rows)
                               : nullptr),
      emitter_(context_.outputs, roots_ ? static_cast<Emitter::Outlet&>(*roots_) : router_),
      rows_received_(setup.wiring->tasks[index].in_edges.size()) {
  context_.counters = &stats_.own;
  stats_.blocked_ns_by_edge = std::vector<Counter>(wiring().out_edges.size());
  router_.set_taps(setup.taps);
  router_.set_hooks(hooks_.get());
}

void Task::prepare_hooks() {
  if (hooks_) hooks_->each([this](TaskHook& hook) { hook.prepare(context_); });
}

void Task::clean_up_hooks() {
  if (hooks_) hooks_->each([](TaskHook& hook) { hook.cleanup(); });
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
  if (progress != progress_) change(progress, setup_.clock->steady_ns());
  std::uint64_t whom = waits_for(progress);
  if (whom == stats_.waits_for.value()) return;
  if (progress == Progress::blocked) {
    TimeNs now = setup_.clock->steady_ns();
    stats_.waits_version.fetch_add(1, std::memory_order_acq_rel);
    end_wait_for_edge(now);
    stats_.waits_for.set(whom);
    stats_.waits_version.fetch_add(1, std::memory_order_acq_rel);
    return;
  }
  stats_.waits_for.set(whom);
}

// Under an odd version: what is told of one moment is told of all of it.
void Task::end_wait_for_edge(TimeNs now) {
  auto since = static_cast<TimeNs>(stats_.edge_since.value());
  std::uint64_t whom = stats_.waits_for.value();
  if (whom >= 16 && whom % 2 == 0)
    stats_.blocked_ns_by_edge[(whom - 16) / 2].add(static_cast<std::uint64_t>(now - since));
  stats_.edge_since.set(static_cast<std::uint64_t>(now));
}

void Task::change(Progress progress, TimeNs now) {
  auto waited = static_cast<std::uint64_t>(now - since_);
  stats_.waits_version.fetch_add(1, std::memory_order_acq_rel);
  if (progress_ == Progress::blocked) {
    stats_.blocked_ns.add(waited);
    end_wait_for_edge(now);
  }
  if (progress_ == Progress::idle) stats_.idle_ns.add(waited);
  progress_ = progress;
  since_ = now;
  stats_.edge_since.set(static_cast<std::uint64_t>(now));
  stats_.waits_since.set(static_cast<std::uint64_t>(now));
  stats_.waits_for.set(0);
  stats_.waits_version.fetch_add(1, std::memory_order_acq_rel);
}

void Task::save_own(StateWriter& out, bool ended, TimeNs watermark) const {
  delivery::TaskState state{ended, watermark, {}};
  for (const NamedValue& counter : stats_.own.values())
    state.counters.emplace_back(counter.name, counter.value);
  state.write(out);
}

delivery::TaskState Task::restore_own(StateReader& in) {
  delivery::TaskState state;
  if (state.read(in))
    for (const auto& [name, value] : state.counters) stats_.own.counter(name).set(value);
  return state;
}

Error Task::damaged_state() const {
  return {ErrorKind::data, "its state in the checkpoint cannot be read", {}};
}

}  // namespace dnstorm::runtime
