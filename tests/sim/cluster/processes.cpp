// Nodes and workers of the simulated cluster.
#include <fmt/format.h>

#include <algorithm>

#include "cluster/model/codec.hpp"
#include "tests/sim/cluster/world.hpp"

namespace dnstorm::cluster::testing {

using Key = std::pair<std::string, std::uint64_t>;

// --- nodes ---------------------------------------------------------------------------------------

void World::add_node(const std::string& name, std::vector<std::string> labels, double cores) {
  Machine& machine = machines[name];
  machine.name = name;
  machine.labels = std::move(labels);
  machine.cores = cores;
  machine.clock.base = between(0, 1000 * ns_per_s);
  machine.clock.rate = 1 + settings.clock_rate * (static_cast<double>(between(0, 2000)) / 1000 - 1);
  machine.home = name + "-home0";
  start_node(name);
}

void World::start_node(const std::string& name, bool same_home) {
  Machine& machine = machines.at(name);
  if (machine.node) return;
  if (same_home) {
    // What an earlier start has left is killed before this one says a word.
    while (!machine.workers.empty()) machine.workers.erase(machine.workers.begin());
  } else {
    machine.home += "+";
    machine.start = 0;
  }
  ++machine.start;
  machine.paused = false;
  machine.inbox.clear();
  NodeOptions options;
  options.version = "1.0";
  options.name = name;
  options.host = name + ".example";
  options.session = fmt::format("{}#{}", machine.home, machine.start);
  options.home = machine.home;
  options.start = machine.start;
  options.labels = machine.labels;
  options.cores = machine.cores;
  options.stop_timeout = 2 * ns_per_s;
  machine.node = std::make_unique<Node>(options, machine.clock.at(now));
  machine.node->bound("tcp://" + name);
  machine.timer = time_max;
  machine.node->tick(machine.clock.at(now), wall(machine.clock));
  drain(machine);
}

void World::kill_node(const std::string& name, bool workers_too) {
  Machine& machine = machines.at(name);
  machine.node.reset();
  machine.inbox.clear();
  if (workers_too) machine.workers.clear();
}

void World::pause_node(const std::string& name, bool workers_too) {
  Machine& machine = machines.at(name);
  machine.paused = true;
  if (workers_too)
    for (auto& [key, worker] : machine.workers) worker.paused = true;
}

void World::resume_node(const std::string& name) {
  Machine& machine = machines.at(name);
  machine.paused = false;
  for (auto at = machine.workers.begin(); at != machine.workers.end();) {
    auto next = std::next(at);
    if (at->second.paused) {
      at->second.paused = false;
      // The first thing that it does.
      if (machine.clock.at(now) >= at->second.lease_until)
        end_worker(machine, Key(at->first), "its lease is over");
    }
    at = next;
  }
  while (!machine.inbox.empty() && !machine.paused && machine.node) {
    Action action = std::move(machine.inbox.front());
    machine.inbox.pop_front();
    action();
  }
}

void World::to_node(Machine& machine, const std::string& session, Action action) {
  if (!machine.node) return;
  (void)session;
  if (machine.paused)
    machine.inbox.push_back(std::move(action));
  else
    action();
}

void World::drain(Machine& machine) {
  if (!machine.node) return;
  extend_leases(machine);
  for (NodeOutput& output : machine.node->take_outputs()) perform(machine, output);
  set_timer(machine);
}

void World::perform(Machine& machine, NodeOutput& output) {
  if (auto* report = std::get_if<SendReport>(&output)) {
    auto shared =
        std::make_shared<Report>(settings.wire ? std::get<Report>(*decode(encode(report->report)))
                                               : std::move(report->report));
    for (auto& leader : leaders)
      message(machine.name, leader->name, [this, shared, &leader = *leader] {
        to_leader(leader, [this, shared, &leader] {
          leader.machine->take(*shared, leader.clock.at(now), wall(leader.clock));
          drain(leader);
        });
      });
  } else if (auto* ping = std::get_if<SendPing>(&output)) {
    if (!machines.count(ping->node)) return;
    message(machine.name, ping->node, [this, name = ping->node, ping = ping->ping] {
      Machine& to = machines.at(name);
      to_node(to, "", [this, ping, &to] {
        to.node->take(ping, to.clock.at(now));
        drain(to);
      });
    });
  } else if (auto* pong = std::get_if<SendPong>(&output)) {
    if (!machines.count(pong->node)) return;
    message(machine.name, pong->node, [this, name = pong->node, pong = pong->pong] {
      Machine& to = machines.at(name);
      to_node(to, "", [this, pong, &to] {
        to.node->take(pong, to.clock.at(now));
        drain(to);
      });
    });
  } else if (auto* part = std::get_if<ForwardState>(&output)) {
    auto shared = std::make_shared<StatePart>(std::move(part->part));
    for (auto& leader : leaders)
      message(machine.name, leader->name, [this, shared, &leader = *leader] {
        to_leader(leader, [this, shared, &leader] {
          leader.machine->take(*shared, leader.clock.at(now));
          drain(leader);
        });
      });
  } else if (auto* start = std::get_if<StartWorker>(&output)) {
    start_worker(machine, std::move(*start));
  } else if (auto* tell = std::get_if<TellWorker>(&output)) {
    tell_worker(machine, tell->order);
  } else if (auto* state = std::get_if<GiveState>(&output)) {
    auto found = machine.workers.find({state->part.topology, state->part.incarnation});
    if (found == machine.workers.end()) return;
    auto stored = checkpoints.find({state->part.topology, state->part.number});
    if (stored != checkpoints.end() && state->part.task < stored->second.states.size() &&
        stored->second.states[state->part.task] != state->part.bytes)
      problem("a worker begins from a state that is not that of its checkpoint");
    found->second.given.insert(state->part.task);
    prepare_worker(machine, found->second);
  } else if (auto* stop = std::get_if<StopWorker>(&output)) {
    Key key{stop->topology, stop->incarnation};
    auto found = machine.workers.find(key);
    if (found == machine.workers.end()) return;
    found->second.stopping = true;
    std::uint64_t serial = found->second.serial;
    // Now and then one does not end when it is told kindly.
    bool deaf = !stop->at_once && (found->second.paused || chance(settings.worker_failure / 4));
    if (deaf) return;
    after(between(ns_per_ms, stop->at_once ? 5 * ns_per_ms : 100 * ns_per_ms),
          [this, name = machine.name, key, serial] {
            if (find_worker(name, key, serial)) end_worker(machines.at(name), key, "stopped");
          });
  } else if (auto* note = std::get_if<Note>(&output)) {
    machine.notes.push_back(std::move(note->line));
  }
}

void World::set_timer(Machine& machine) {
  if (!machine.node) return;
  TimeNs time = std::max(machine.clock.real_of(machine.node->next_time()), now + ns_per_ms);
  if (machine.timer <= time && machine.timer > now) return;
  machine.timer = time;
  at(time, [this, &machine, time] {
    if (machine.timer != time) return;
    machine.timer = time_max;
    to_node(machine, "", [this, &machine] {
      machine.node->tick(machine.clock.at(now), wall(machine.clock));
      drain(machine);
    });
  });
}

// --- workers -------------------------------------------------------------------------------------

World::Worker* World::find_worker(const std::string& machine, const Key& key,
                                  std::uint64_t serial) {
  auto& workers = machines.at(machine).workers;
  auto found = workers.find(key);
  return found != workers.end() && found->second.serial == serial ? &found->second : nullptr;
}

void World::start_worker(Machine& machine, StartWorker start) {
  Key key{start.order.topology, start.order.assignment.incarnation};
  if (machine.workers.count(key))
    problem(fmt::format("{} starts {} twice", machine.name, key.first));
  auto shape = planner.shape(start.submission, start.order.assignment.choices);
  Worker worker;
  worker.order = std::move(start.order);
  worker.serial = ++serial_;
  worker.session = fmt::format("{}#{}", machine.home, machine.start);
  worker.report.topology = key.first;
  worker.report.incarnation = key.second;
  worker.lease_until = machine.node->lease_until();
  const auto& placed = worker.order.assignment.node_of_executor;
  for (std::size_t e = 0; e < shape->executors.size(); ++e)
    if (placed[e] == machine.name)
      for (std::uint32_t task : shape->executors[e].tasks) worker.tasks.push_back(task);
  std::uint64_t serial = worker.serial;
  machine.workers[key] = std::move(worker);
  expire_worker(machine.name, key, serial);
  bool finite = is_finite(start.submission);
  after(between(20 * ns_per_ms, 200 * ns_per_ms), [this, name = machine.name, key, serial, finite] {
    Worker* at = find_worker(name, key, serial);
    if (!at || at->paused) return;
    Machine& of = machines.at(name);
    worker_says(of, *at, WorkerState::starting);
    if (Worker* still = find_worker(name, key, serial)) prepare_worker(of, *still);
    if (finite)
      after(between(2 * ns_per_s, 6 * ns_per_s), [this, name, key, serial] {
        Worker* ends = find_worker(name, key, serial);
        if (ends && ends->begun && !ends->paused) finish_worker(machines.at(name), *ends);
      });
  });
}

void World::prepare_worker(Machine& machine, Worker& worker) {
  if (worker.preparing || worker.paused) return;
  if (worker.order.restore != 0 && worker.given.size() < worker.tasks.size()) return;
  worker.preparing = true;
  Key key{worker.report.topology, worker.report.incarnation};
  after(between(20 * ns_per_ms, 300 * ns_per_ms),
        [this, name = machine.name, key, serial = worker.serial] {
          Worker* at = find_worker(name, key, serial);
          if (!at || at->stopping) return;
          Machine& of = machines.at(name);
          if (chance(settings.worker_failure)) {
            worker_says(of, *at, WorkerState::failed, "it cannot open its sink");
            return;
          }
          at->report.endpoint = fmt::format("tcp://{}:{}", name, at->serial);
          worker_says(of, *at, WorkerState::prepared);
          if (Worker* still = find_worker(name, key, serial)) tell_worker(of, still->order);
        });
}

void World::tell_worker(Machine& machine, const WorkerOrder& order) {
  auto found = machine.workers.find({order.topology, order.assignment.incarnation});
  if (found == machine.workers.end()) return;
  Worker& worker = found->second;
  worker.order = order;
  if (worker.paused || worker.stopping) return;
  Key key = found->first;
  std::uint64_t serial = worker.serial;
  if (order.phase >= WorkerPhase::run && worker.report.state == WorkerState::prepared &&
      !worker.begun) {
    if (machine.clock.at(now) >= worker.lease_until) return;
    if (order.peers.size() + 1 != order.assignment.nodes().size())
      problem("a worker is told to run without knowing its peers");
    worker.begun = true;
    check_owners(machine, worker);
    worker_says(machine, worker, WorkerState::running);
  }
  Worker* still = find_worker(machine.name, key, serial);
  if (!still) return;
  if (order.checkpoint > still->saving && order.checkpoint > order.restore && still->begun) {
    still->saving = order.checkpoint;
    after(between(5 * ns_per_ms, 150 * ns_per_ms),
          [this, name = machine.name, key, serial, number = order.checkpoint] {
            Worker* at = find_worker(name, key, serial);
            if (at && !at->paused) save_states(machines.at(name), *at, number);
          });
  }
  if (order.phase == WorkerPhase::drain)
    after(between(10 * ns_per_ms, 500 * ns_per_ms), [this, name = machine.name, key, serial] {
      Worker* at = find_worker(name, key, serial);
      if (at && at->begun && !at->paused) finish_worker(machines.at(name), *at);
    });
}

void World::save_states(Machine& machine, Worker& worker, std::uint64_t number) {
  if (worker.report.state != WorkerState::running || !machine.node) return;
  Key key{worker.report.topology, worker.report.incarnation};
  for (std::uint32_t task : worker.tasks) {
    StatePart part{key.first, key.second, number, task,
                   fmt::format("{}/{}/{}/{}", key.first, key.second, task, number)};
    to_node(machine, "", [this, &machine, part] {
      machine.node->worker_saved(part, machine.clock.at(now));
      drain(machine);
    });
  }
}

void World::finish_worker(Machine& machine, Worker& worker) {
  if (worker.report.state != WorkerState::running) return;
  save_states(machine, worker, 0);
  Key key{worker.report.topology, worker.report.incarnation};
  if (Worker* still = find_worker(machine.name, key, worker.serial))
    worker_says(machine, *still, WorkerState::finished);
}

void World::worker_says(Machine& machine, Worker& worker, WorkerState state, std::string error) {
  worker.report.state = state;
  worker.report.error = std::move(error);
  auto report = worker.report;
  to_node(machine, "", [this, &machine, report] {
    machine.node->worker_says(report, machine.clock.at(now));
    drain(machine);
  });
}

void World::end_worker(Machine& machine, const Key& key, const std::string& how) {
  machine.workers.erase(key);
  to_node(machine, "", [this, &machine, key, how] {
    machine.node->worker_gone(key.first, key.second, how, machine.clock.at(now));
    drain(machine);
  });
}

void World::kill_worker(const std::string& node, const std::string& topology) {
  Machine& machine = machines.at(node);
  for (auto& [key, worker] : machine.workers)
    if (key.first == topology || topology.empty()) {
      end_worker(machine, Key(key), "killed by signal 9");
      return;
    }
}

void World::extend_leases(Machine& machine) {
  // Those that another process has left hear nothing of this one.
  std::string session = fmt::format("{}#{}", machine.home, machine.start);
  for (auto& [key, worker] : machine.workers)
    if (worker.session == session)
      worker.lease_until = std::max(worker.lease_until, machine.node->lease_until());
}

// A worker ends itself when its lease is over, whatever its node does.
void World::expire_worker(const std::string& machine, Key key, std::uint64_t serial) {
  Worker* worker = find_worker(machine, key, serial);
  if (!worker) return;
  Machine& of = machines.at(machine);
  if (of.clock.at(now) >= worker->lease_until && !worker->paused) {
    end_worker(of, key, "its lease is over");
    return;
  }
  TimeNs next = worker->paused ? now + ns_per_s : of.clock.real_of(worker->lease_until);
  at(std::max(next, now + ns_per_ms),
     [this, machine, key, serial] { expire_worker(machine, key, serial); });
}

// --- what must never happen ----------------------------------------------------------------------

bool World::lives(const Machine& machine, const Worker& worker) const {
  return worker.begun && machine.clock.at(now) < worker.lease_until;
}

void World::check_owners(const Machine& machine, const Worker& worker) {
  for (const auto& [name, other] : machines)
    for (const auto& [key, owner] : other.workers) {
      if (&owner == &worker || key.first != worker.report.topology || !lives(other, owner))
        continue;
      bool same_task = std::any_of(owner.tasks.begin(), owner.tasks.end(), [&](std::uint32_t task) {
        return std::find(worker.tasks.begin(), worker.tasks.end(), task) != worker.tasks.end();
      });
      if (key.second != worker.report.incarnation || same_task)
        problem(fmt::format("{} runs on {} (incarnation {}) and on {} (incarnation {})", key.first,
                            machine.name, worker.report.incarnation, name, key.second));
    }
}

std::size_t World::live_workers(const std::string& topology_id) {
  std::size_t number = 0;
  for (const auto& [name, machine] : machines)
    for (const auto& [key, worker] : machine.workers) number += key.first == topology_id;
  return number;
}

}  // namespace dnstorm::cluster::testing
