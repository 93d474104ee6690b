#include <algorithm>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/runtime/detail/local_state.hpp"
#include "engine/runtime/resume.hpp"
#include "engine/runtime/topology_view.hpp"

namespace dnstorm::runtime {

namespace {

void configure(caf::actor_system_config& system, const plan::EngineConfig& config) {
  std::size_t threads =
      config.threads != 0 ? config.threads : std::max(1u, std::thread::hardware_concurrency());
  system.set("scheduler.policy", caf::atom_from_string(config.scheduler));
  system.set("scheduler.max-threads", threads);
}

struct WaitedSoFar {
  std::uint64_t code = 0;  // TaskStats::waits_for
  std::uint64_t since = 0;
  std::uint64_t blocked_ns = 0;  // waits that are over
  std::uint64_t idle_ns = 0;
};

// Of one moment: a wait is either over, and in its sum, or goes on.
WaitedSoFar waited_so_far(const TaskStats& stats) {
  for (;;) {
    std::uint64_t version = stats.waits_version.load(std::memory_order_acquire);
    WaitedSoFar waited{stats.waits_for.value(), stats.waits_since.value(), stats.blocked_ns.value(),
                       stats.idle_ns.value()};
    // What is read before stays before: a plain load of the version would not see to that.
    if (stats.waits_version.fetch_add(0, std::memory_order_acq_rel) == version && version % 2 == 0)
      return waited;
  }
}

bool is_for_room(std::uint64_t code) { return code >= 16 && code % 2 == 0; }
bool is_blocked(std::uint64_t code) { return code == 2 || is_for_room(code); }

// By out-edge, with what goes on; of one moment, too.
std::vector<std::uint64_t> blocked_by_edge(const TaskStats& stats, TimeNs now) {
  std::vector<std::uint64_t> blocked(stats.blocked_ns_by_edge.size());
  for (;;) {
    std::uint64_t version = stats.waits_version.load(std::memory_order_acquire);
    for (std::size_t e = 0; e < blocked.size(); ++e)
      blocked[e] = stats.blocked_ns_by_edge[e].value();
    std::uint64_t code = stats.waits_for.value(), since = stats.edge_since.value();
    if (stats.waits_version.fetch_add(0, std::memory_order_acq_rel) != version || version % 2 != 0)
      continue;
    auto until = static_cast<std::uint64_t>(now);
    if (is_for_room(code)) blocked[(code - 16) / 2] += until - std::min(until, since);
    return blocked;
  }
}

}  // namespace

Result<void> LocalRun::State::open_store(bool resume) {
  const std::string& folder = plan.config.checkpoint_dir;
  store = DNSTORM_TRY(
      delivery::CheckpointStore::open(folder, plan::fingerprint(plan), layout_of(plan)));
  if (!resume && !store->empty())
    return Error{ErrorKind::usage,
                 fmt::format("{}: there are checkpoints of a run that has not come to its end: go "
                             "on with --resume, or remove the folder to begin anew",
                             folder),
                 {}};
  if (!resume) return {};
  auto newest = DNSTORM_TRY(store->newest());
  warnings = std::move(newest.damaged);
  if (!newest.checkpoint) return {};
  auto fitting = fit_to_tasks(std::move(*newest.checkpoint), newest.layout, plan);
  if (!fitting.ok()) return std::move(fitting.error()).within(folder);
  resumed_from = std::move(*fitting);
  return {};
}

TaskSetup LocalRun::State::task_setup(const RunOptions& options) {
  TaskSetup made;
  made.plan = &plan;
  made.wiring = &wiring;
  made.clock = clock;
  made.feed = options.feed;
  made.taps = options.taps;
  made.view = make_view(plan);
  made.run_view = std::make_shared<RunView>(plan, true);
  made.run_view->set_metrics([this](const UseMetric& use) { return tell(use); });
  if (slice) made.run_view->set_ended([this](TaskIndex spout) { tell_other_slices(spout); });
  made.seed = static_cast<std::uint64_t>(clock->wall_ns());
  made.heartbeat = std::any_of(plan.components.begin(), plan.components.end(),
                               [](const auto& component) { return component.tick_period != 0; });
  near = sends_here();
  made.send = slice ? sends_of_slice() : near;
  if (slice) made.here = &slice->executors;
  if (slice && saves_states())
    made.send_state = slice->state;
  else if (exactly_once())
    made.send_state = [to = directory](SavedState state) {
      caf::anon_send(to->checkpoints, std::move(state));
    };
  if (slice)
    made.restore = slice->restore;
  else if (resumed_from)
    made.restore = &resumed_from->states;
  return made;
}

Result<void> LocalRun::State::build(const RunOptions& options) {
  if (options.clock != nullptr) clock = options.clock;
  active = options.active;
  resources = options.resources;
  if (options.slice != nullptr) slice = *options.slice;
  DNSTORM_ASSERT(!slice || slice->executors.size() == wiring.executors.size(),
                 "a slice is of another plan", plan.name);
  DNSTORM_CHECK(start_worker_hooks());
  if (keeps_checkpoints()) DNSTORM_CHECK(open_store(options.resume));
  setup = task_setup(options);
  setup.resources = resources;
  for (std::size_t e = 0; e < wiring.executors.size(); ++e)
    if (!slice || slice->executors[e])
      executors.push_back(std::make_shared<Executor>(setup, wiring.executors[e]));
  completion = std::make_shared<Completion>(executors.size());
  // Sinks first: a source must not be opened before everything behind it is ready.
  for (auto executor = executors.rbegin(); executor != executors.rend(); ++executor) {
    DNSTORM_CHECK((*executor)->prepare());
    if (!active) (*executor)->set_active(false);
  }
  return {};
}

Result<void> LocalRun::State::start_worker_hooks() {
  if (plan.worker_hooks.empty()) return {};
  if (!resources) resources = std::make_shared<Resources>();
  WorkerContext context{plan.name, make_view(plan), resources.get()};
  for (const plan::WorkerHookPlan& hook : plan.worker_hooks) {
    auto made = hook.def->make(hook.options);
    auto started = made->start(context);
    if (!started.ok()) return std::move(started.error()).within(hook.id);
    worker_hooks.push_back(std::move(made));
  }
  return {};
}

void LocalRun::State::stop_worker_hooks() {
  for (; !worker_hooks.empty(); worker_hooks.pop_back()) worker_hooks.back()->shutdown();
}

// Asked by a task, while a rebalance, which holds the lock, may be waiting for that very task.
bool LocalRun::State::tell(const UseMetric& use) const {
  std::unique_lock lock(mutex, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  for (const auto& executor : executors)
    for (const auto& task : executor->tasks())
      tell_metrics(task->context().component, task->number(), task->stats(), use);
  return true;
}

void LocalRun::State::spawn() {
  configure(config, plan.config);
  system = std::make_unique<caf::actor_system>(config);
  spawn_executors();
  if (keeps_checkpoints()) spawn_checkpoints();
}

void LocalRun::State::spawn_executors() {
  directory->of_task.resize(wiring.tasks.size());
  actors.clear();
  for (const auto& executor : executors) {
    caf::actor actor =
        executor->blocking()
            ? system->spawn<ExecutorActor, caf::detached>(executor, completion, *clock)
            : system->spawn<ExecutorActor>(executor, completion, *clock);
    for (auto& task : executor->tasks()) directory->of_task[task->index()] = actor;
    actors.push_back(std::move(actor));
  }
}

void LocalRun::State::start_executors() {
  for (const caf::actor& actor : actors) caf::anon_send(actor, StartAtom::value);
}

std::vector<caf::actor> LocalRun::State::spouts() const {
  std::vector<caf::actor> spouts;
  for (std::size_t e = 0; e < executors.size(); ++e)
    if (executors[e]->is_spout()) spouts.push_back(actors[e]);
  return spouts;
}

void LocalRun::State::spawn_checkpoints() {
  CheckpointSetup taking;
  taking.tasks = wiring.tasks.size();
  taking.interval = plan.config.checkpoint_interval;
  taking.last = resumed_from ? resumed_from->number : 0;
  taking.store = &*store;
  taking.clock = clock;
  taking.stats = checkpoint_stats;
  taking.completion = completion;
  taking.spouts = spouts();
  checkpoints = system->spawn<CheckpointActor, caf::detached>(std::move(taking));
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

std::vector<const Task*> LocalRun::State::tasks_by_index() const {
  std::vector<const Task*> tasks(wiring.tasks.size());
  for (auto& executor : executors)
    for (auto& task : executor->tasks()) tasks[task->index()] = task.get();
  return tasks;
}

void LocalRun::State::check_conservation() const {
  std::vector<const Task*> tasks = tasks_by_index();
  for (TaskIndex t = 0; t < tasks.size(); ++t) {
    const auto& in_edges = wiring.tasks[t].in_edges;
    for (EdgeIndex e = 0; e < in_edges.size(); ++e) {
      const Task* from = tasks[in_edges[e].from];
      if (from == nullptr || tasks[t] == nullptr) continue;  // see cross_edges()
      std::uint64_t sent = from->rows_sent(in_edges[e].out_edge);
      std::uint64_t received = tasks[t]->rows_received(e);
      DNSTORM_ASSERT(sent == received, "rows were lost between two tasks",
                     from->context().component, tasks[t]->context().component, sent, received);
    }
  }
}

std::string LocalRun::State::name(TaskIndex task) const {
  const TaskWiring& wired = wiring.tasks[task];
  const plan::ComponentPlan& component = plan.components[wired.component];
  return component.tasks == 1 ? component.id : fmt::format("{}/{}", component.id, wired.index);
}

std::string LocalRun::State::waited_for(TaskIndex task, std::uint64_t code) const {
  if (code == 2) return "acks";
  if (code < 16) return {};
  const TaskWiring& wired = wiring.tasks[task];
  std::uint64_t edge = (code - 16) / 2;
  return code % 2 == 0 ? name(wired.out_edges[edge].to) : name(wired.in_edges[edge].from);
}

TaskStatus LocalRun::State::status(const Task& task) const {
  const TaskStats& stats = task.stats();
  TaskStatus status;
  status.component = task.context().component;
  status.index = task.number();
  status.spout = task.is_spout();
  status.executed = stats.executed.value();
  status.emitted = stats.emitted.value();
  status.rounds = stats.rounds.value();
  status.busy_ns = stats.busy_ns.value();
  status.acked = stats.acked.value();
  status.failed = stats.failed.value();
  status.timed_out = stats.timed_out.value();
  status.replayed = stats.replayed.value();
  status.counters = stats.own.values();
  WaitedSoFar waited = waited_so_far(stats);
  status.blocked_ns = waited.blocked_ns;
  status.idle_ns = waited.idle_ns;
  status.blocked = is_blocked(waited.code);
  status.waits_for = waited_for(task.index(), waited.code);
  if (waited.code == 0) return status;
  auto now = static_cast<std::uint64_t>(clock->steady_ns());
  std::uint64_t so_far = now - std::min(now, waited.since);
  (status.blocked ? status.blocked_ns : status.idle_ns) += so_far;
  if (!status.waits_for.empty()) status.waiting_ns = so_far;
  return status;
}

TaskQueue LocalRun::State::queue(const Task& task, const std::vector<const Task*>& by_index) const {
  const TaskWiring& wired = wiring.tasks[task.index()];
  TaskQueue queue{task.context().component, task.number(), 0, {}};
  for (EdgeIndex e = 0; e < wired.in_edges.size() && queue.rows; ++e) {
    const Task* from = by_index[wired.in_edges[e].from];
    if (from == nullptr) {
      queue.rows.reset();
      break;
    }
    // Received first: what comes in between is then waiting, and never less than nothing.
    std::uint64_t received = task.rows_received(e);
    std::uint64_t sent = from->rows_sent(wired.in_edges[e].out_edge);
    *queue.rows += sent - std::min(sent, received);
  }
  const std::vector<std::uint64_t> blocked = blocked_by_edge(task.stats(), clock->steady_ns());
  for (std::size_t e = 0; e < blocked.size(); ++e) {
    if (blocked[e] == 0) continue;
    const std::string& to = plan.components[wiring.tasks[wired.out_edges[e].to].component].id;
    auto same = std::find_if(queue.blocked_ns.begin(), queue.blocked_ns.end(),
                             [&](const auto& entry) { return entry.first == to; });
    if (same != queue.blocked_ns.end())
      same->second += blocked[e];
    else
      queue.blocked_ns.emplace_back(to, blocked[e]);
  }
  return queue;
}

}  // namespace dnstorm::runtime
