#include "engine/runtime/local_run.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include "engine/runtime/detail/local_state.hpp"

namespace dnstorm::runtime {

LocalRun::LocalRun(std::unique_ptr<State> state) : state_(std::move(state)) {}

LocalRun::~LocalRun() {
  for (caf::actor& actor : state_->actors) caf::anon_send_exit(actor, caf::exit_reason::kill);
  state_->stop_checkpoints();
  // An actor may be in the middle of its work, and that reads the directory.
  state_->system->await_all_actors_done();
  state_->actors.clear();
  // Actors know the directory and the directory knows the actors: cut the ring.
  state_->directory->of_task.clear();
  state_->directory->checkpoints = nullptr;
  state_->system.reset();
}

Result<std::unique_ptr<LocalRun>> LocalRun::start(const plan::Plan& plan,
                                                  const RunOptions& options) {
  auto run = DNSTORM_TRY(prepare(plan, options));
  run->begin();
  return run;
}

Result<std::unique_ptr<LocalRun>> LocalRun::prepare(const plan::Plan& plan,
                                                    const RunOptions& options) {
  auto state = std::make_unique<State>(plan);
  DNSTORM_CHECK(state->build(options));
  state->spawn();
  return std::unique_ptr<LocalRun>(new LocalRun(std::move(state)));
}

void LocalRun::begin() { state_->start_executors(); }

Result<void> LocalRun::rebalance(const std::string& component, std::uint32_t executors) {
  return state_->rebalance(component, executors);
}

void LocalRun::request_stop() {
  std::lock_guard lock(state_->mutex);
  for (const caf::actor& actor : state_->actors)
    caf::anon_send<caf::message_priority::high>(actor, StopAtom::value);
}

void LocalRun::activate() {
  std::lock_guard lock(state_->mutex);
  for (caf::actor& actor : state_->actors) caf::anon_send(actor, ActiveAtom::value, true);
}

void LocalRun::deactivate() {
  std::lock_guard lock(state_->mutex);
  for (caf::actor& actor : state_->actors) caf::anon_send(actor, ActiveAtom::value, false);
}

bool LocalRun::wait_for(std::chrono::milliseconds time) {
  return state_->completion->wait_for(time);
}

Result<void> LocalRun::wait() {
  state_->completion->wait();
  if (!state_->completion->is_broken()) state_->check_conservation();
  if (auto error = state_->completion->error()) return std::move(*error);
  // The end is the last state of all: nothing is left to go on with.
  if (state_->store) DNSTORM_CHECK(state_->clear_checkpoints());
  return {};
}

std::optional<Error> LocalRun::error() const { return state_->completion->error(); }

RunStatus LocalRun::status() const {
  RunStatus status;
  std::lock_guard lock(state_->mutex);
  for (auto& executor : state_->executors)
    for (auto& task : executor->tasks()) status.tasks.push_back(state_->status(*task));
  status.checkpoints = {state_->resumed_from ? state_->resumed_from->number : 0,
                        state_->checkpoint_stats->completed.value(),
                        state_->checkpoint_stats->bytes.value(),
                        state_->checkpoint_stats->duration.value(), state_->warnings};
  status.finished = state_->completion->finished();
  return status;
}

std::vector<TaskLatency> LocalRun::latencies() const {
  std::vector<TaskLatency> all;
  std::lock_guard lock(state_->mutex);
  for (auto& executor : state_->executors)
    for (auto& task : executor->tasks()) {
      if (task->is_spout()) continue;
      const TaskContext& context = task->context();
      const TaskStats& stats = task->stats();
      TaskLatency& entry = all.emplace_back();
      entry.component = context.component;
      entry.index = context.task_index;
      entry.latency = stats.latency_ns.snapshot();
      entry.execute = stats.execute_ns.snapshot();
      for (std::size_t i = 0; i < context.inputs.size(); ++i)
        entry.edges.push_back(
            {context.inputs[i].component, context.inputs[i].stream, stats.wait_ns[i]->snapshot()});
    }
  return all;
}

std::vector<TaskQueue> LocalRun::queues() const {
  std::vector<TaskQueue> all;
  std::lock_guard lock(state_->mutex);
  const std::vector<const Task*> tasks = state_->tasks_by_index();
  for (const Task* task : tasks)
    if (task != nullptr) all.push_back(state_->queue(*task, tasks));
  return all;
}

std::vector<Failure> LocalRun::failures() const { return state_->completion->failures(); }

std::uint64_t RunStatus::total(std::string_view counter) const {
  std::uint64_t sum = 0;
  for (const TaskStatus& task : tasks)
    for (const NamedValue& value : task.counters)
      if (value.name == counter) sum += value.value;
  return sum;
}

}  // namespace dnstorm::runtime
