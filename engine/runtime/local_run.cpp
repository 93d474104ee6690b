#include "engine/runtime/local_run.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <thread>

#include "engine/runtime/executor_actor.hpp"

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

  Result<void> build(const RunOptions& options);
  void spawn();
  void check_conservation() const;
};

Result<void> LocalRun::State::build(const RunOptions& options) {
  TaskSetup setup;
  setup.plan = &plan;
  setup.wiring = &wiring;
  setup.clock = options.clock != nullptr ? options.clock : &system_clock;
  setup.feed = options.feed;
  setup.send_event = [to = directory](Event event) {
    caf::anon_send(to->of_task[event.to], std::move(event));
  };
  setup.send_credit = [to = directory](Credit credit) {
    // Credits overtake rows: a producer that waits must not wait for its own input.
    caf::anon_send<caf::message_priority::high>(to->of_task[credit.to], credit);
  };
  for (const ExecutorWiring& executor : wiring.executors)
    executors.push_back(std::make_shared<Executor>(setup, executor));
  completion = std::make_shared<Completion>(executors.size());
  // Sinks first: a source must not be opened before everything behind it is ready.
  for (auto executor = executors.rbegin(); executor != executors.rend(); ++executor)
    DNSTORM_CHECK((*executor)->prepare());
  return {};
}

void LocalRun::State::spawn() {
  configure(config, plan.config);
  system = std::make_unique<caf::actor_system>(config);
  directory->of_task.resize(wiring.tasks.size());
  for (std::size_t e = 0; e < executors.size(); ++e) {
    bool detached = executors[e]->blocking();
    caf::actor actor = detached
                           ? system->spawn<ExecutorActor, caf::detached>(executors[e], completion)
                           : system->spawn<ExecutorActor>(executors[e], completion);
    for (auto& task : executors[e]->tasks()) directory->of_task[task->index()] = actor;
    actors.push_back(std::move(actor));
  }
  for (std::size_t e = 0; e < executors.size(); ++e)
    if (executors[e]->is_spout()) caf::anon_send(actors[e], PumpAtom::value);
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
  // An actor may be in the middle of its work, and that reads the directory.
  state_->system->await_all_actors_done();
  state_->actors.clear();
  // Actors know the directory and the directory knows the actors: cut the ring.
  state_->directory->of_task.clear();
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

bool LocalRun::wait_for(std::chrono::milliseconds time) {
  return state_->completion->wait_for(time);
}

Result<void> LocalRun::wait() {
  state_->completion->wait();
  if (!state_->completion->is_broken()) state_->check_conservation();
  if (auto error = state_->completion->error()) return std::move(*error);
  return {};
}

RunStatus LocalRun::status() const {
  RunStatus status;
  for (auto& executor : state_->executors) {
    for (auto& task : executor->tasks()) {
      const TaskStats& stats = task->stats();
      status.tasks.push_back({task->context().component, task->context().task_index,
                              stats.executed.value(), stats.emitted.value(), stats.rounds.value(),
                              stats.busy_ns.value(), stats.own.values()});
    }
  }
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
