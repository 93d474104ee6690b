#include "engine/runtime/local_run.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <thread>

#include "engine/runtime/checkpoint_actor.hpp"
#include "engine/runtime/executor_actor.hpp"
#include "engine/runtime/topology_view.hpp"

namespace dnstorm::runtime {

namespace {

void configure(caf::actor_system_config& system, const plan::EngineConfig& config) {
  std::size_t threads =
      config.threads != 0 ? config.threads : std::max(1u, std::thread::hardware_concurrency());
  system.set("scheduler.policy", caf::atom_from_string(config.scheduler));
  system.set("scheduler.max-threads", threads);
}

}  // namespace

struct LocalRun::State {
  explicit State(const plan::Plan& p) : plan(p), wiring(wire(p)) {}

  const plan::Plan& plan;
  Wiring wiring;
  SystemClock system_clock;
  std::vector<std::shared_ptr<Executor>> executors;
  std::shared_ptr<Completion> completion;
  std::shared_ptr<ActorDirectory> directory = std::make_shared<ActorDirectory>();
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  std::vector<caf::actor> actors;
  const Clock* clock = &system_clock;
  bool active = true;
  // Exactly-once.
  std::optional<delivery::CheckpointStore> store;
  std::optional<delivery::Checkpoint> resumed_from;
  std::vector<std::string> warnings;
  std::shared_ptr<CheckpointStats> checkpoint_stats = std::make_shared<CheckpointStats>();
  caf::actor checkpoints;

  bool exactly_once() const { return plan.config.delivery == plan::Delivery::exactly_once; }
  Result<void> build(const RunOptions& options);
  Result<void> open_store(bool resume);
  TaskSetup task_setup(const RunOptions& options);
  void spawn();
  void spawn_checkpoints();
  void stop_checkpoints();
  Result<void> clear_checkpoints();
  void check_conservation() const;
};

Result<void> LocalRun::State::open_store(bool resume) {
  const std::string& folder = plan.config.checkpoint_dir;
  store = DNSTORM_TRY(delivery::CheckpointStore::open(folder, plan::fingerprint(plan)));
  if (!resume && !store->empty())
    return Error{ErrorKind::usage,
                 fmt::format("{}: there are checkpoints of a run that has not come to its end: go "
                             "on with --resume, or remove the folder to begin anew",
                             folder),
                 {}};
  if (!resume) return {};
  auto newest = DNSTORM_TRY(store->newest());
  warnings = std::move(newest.damaged);
  resumed_from = std::move(newest.checkpoint);
  if (!resumed_from || resumed_from->states.size() == wiring.tasks.size()) return {};
  return Error{ErrorKind::data, folder + ": the checkpoint is of another number of tasks", {}};
}

TaskSetup LocalRun::State::task_setup(const RunOptions& options) {
  TaskSetup setup;
  setup.plan = &plan;
  setup.wiring = &wiring;
  setup.clock = clock;
  setup.feed = options.feed;
  setup.view = make_view(plan);
  setup.seed = static_cast<std::uint64_t>(clock->wall_ns());
  setup.heartbeat = std::any_of(plan.components.begin(), plan.components.end(),
                                [](const auto& component) { return component.tick_period != 0; });
  setup.send_event = [to = directory](Event event) {
    caf::anon_send(to->of_task[event.to], std::move(event));
  };
  setup.send_credit = [to = directory](Credit credit) {
    // Credits overtake rows: a producer that waits must not wait for its own input.
    caf::anon_send<caf::message_priority::high>(to->of_task[credit.to], credit);
  };
  setup.send_acks = [to = directory](Acks acks) {
    caf::anon_send<caf::message_priority::high>(to->of_task[acks.to], std::move(acks));
  };
  if (exactly_once())
    setup.send_state = [to = directory](SavedState state) {
      caf::anon_send(to->checkpoints, std::move(state));
    };
  if (resumed_from) setup.restore = &resumed_from->states;
  return setup;
}

Result<void> LocalRun::State::build(const RunOptions& options) {
  if (options.clock != nullptr) clock = options.clock;
  active = options.active;
  if (exactly_once()) DNSTORM_CHECK(open_store(options.resume));
  TaskSetup setup = task_setup(options);
  for (const ExecutorWiring& executor : wiring.executors)
    executors.push_back(std::make_shared<Executor>(setup, executor));
  completion = std::make_shared<Completion>(executors.size());
  // Sinks first: a source must not be opened before everything behind it is ready.
  for (auto executor = executors.rbegin(); executor != executors.rend(); ++executor) {
    DNSTORM_CHECK((*executor)->prepare());
    if (!active) (*executor)->set_active(false);
  }
  return {};
}

void LocalRun::State::spawn() {
  configure(config, plan.config);
  system = std::make_unique<caf::actor_system>(config);
  directory->of_task.resize(wiring.tasks.size());
  for (std::size_t e = 0; e < executors.size(); ++e) {
    bool detached = executors[e]->blocking();
    caf::actor actor =
        detached ? system->spawn<ExecutorActor, caf::detached>(executors[e], completion, *clock)
                 : system->spawn<ExecutorActor>(executors[e], completion, *clock);
    for (auto& task : executors[e]->tasks()) directory->of_task[task->index()] = actor;
    actors.push_back(std::move(actor));
  }
  if (exactly_once()) spawn_checkpoints();
  for (std::size_t e = 0; e < executors.size(); ++e)
    if (executors[e]->is_spout()) caf::anon_send(actors[e], PumpAtom::value);
}

void LocalRun::State::spawn_checkpoints() {
  CheckpointSetup setup;
  setup.tasks = wiring.tasks.size();
  setup.interval = plan.config.checkpoint_interval;
  setup.last = resumed_from ? resumed_from->number : 0;
  setup.store = &*store;
  setup.clock = clock;
  setup.stats = checkpoint_stats;
  setup.completion = completion;
  for (std::size_t e = 0; e < executors.size(); ++e)
    if (executors[e]->is_spout()) setup.spouts.push_back(actors[e]);
  checkpoints = system->spawn<CheckpointActor, caf::detached>(std::move(setup));
  directory->checkpoints = checkpoints;
}

void LocalRun::State::stop_checkpoints() {
  if (checkpoints) caf::anon_send_exit(checkpoints, caf::exit_reason::kill);
  checkpoints = nullptr;
}

// The actor may still be writing one: only when it is gone they can be removed for good.
Result<void> LocalRun::State::clear_checkpoints() {
  if (checkpoints) {
    caf::scoped_actor self(*system);
    caf::actor actor = checkpoints;
    stop_checkpoints();
    self->wait_for(actor);
  }
  return store->clear();
}

void LocalRun::State::check_conservation() const {
  std::vector<const Task*> tasks(wiring.tasks.size());
  for (auto& executor : executors)
    for (auto& task : executor->tasks()) tasks[task->index()] = task.get();
  for (TaskIndex t = 0; t < tasks.size(); ++t) {
    const auto& in_edges = wiring.tasks[t].in_edges;
    for (EdgeIndex e = 0; e < in_edges.size(); ++e) {
      std::uint64_t sent = tasks[in_edges[e].from]->rows_sent(in_edges[e].out_edge);
      std::uint64_t received = tasks[t]->rows_received()[e];
      DNSTORM_ASSERT(sent == received, "rows were lost between two tasks",
                     tasks[in_edges[e].from]->context().component, tasks[t]->context().component,
                     sent, received);
    }
  }
}

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
  auto state = std::make_unique<State>(plan);
  DNSTORM_CHECK(state->build(options));
  state->spawn();
  return std::unique_ptr<LocalRun>(new LocalRun(std::move(state)));
}

void LocalRun::request_stop() {
  for (std::size_t e = 0; e < state_->actors.size(); ++e)
    if (state_->executors[e]->is_spout())
      caf::anon_send<caf::message_priority::high>(state_->actors[e], StopAtom::value);
}

void LocalRun::activate() {
  for (caf::actor& actor : state_->actors) caf::anon_send(actor, ActiveAtom::value, true);
}

void LocalRun::deactivate() {
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

RunStatus LocalRun::status() const {
  RunStatus status;
  for (auto& executor : state_->executors) {
    for (auto& task : executor->tasks()) {
      const TaskStats& stats = task->stats();
      status.tasks.push_back({task->context().component, task->context().task_index,
                              stats.executed.value(), stats.emitted.value(), stats.rounds.value(),
                              stats.busy_ns.value(), stats.acked.value(), stats.failed.value(),
                              stats.timed_out.value(), stats.replayed.value(), stats.own.values()});
    }
  }
  status.checkpoints = {state_->resumed_from ? state_->resumed_from->number : 0,
                        state_->checkpoint_stats->completed.value(),
                        state_->checkpoint_stats->bytes.value(),
                        state_->checkpoint_stats->duration.value(), state_->warnings};
  status.finished = state_->completion->finished();
  return status;
}

std::uint64_t RunStatus::total(std::string_view counter) const {
  std::uint64_t sum = 0;
  for (const TaskStatus& task : tasks)
    for (const NamedValue& value : task.counters)
      if (value.name == counter) sum += value.value;
  return sum;
}

}  // namespace dnstorm::runtime
