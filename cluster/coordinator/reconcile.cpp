// The life of a topology's incarnations: begun, run, ended as a whole.
#include <fmt/format.h>

#include <algorithm>

#include "cluster/coordinator/detail/state.hpp"

namespace dnstorm::cluster {

void Coordinator::State::step(Topology& topology) {
  topology.wake = time_max;
  if (topology.looked != epoch) look_for_joined(topology);
  topology.looked = epoch;
  // Each turn brings it into another stage, or changes its orders once.
  for (int turns = 0; step_once(topology); ++turns)
    DNSTORM_ASSERT(turns < 100, "a topology comes to rest", topology.id());
  show(topology);
}

bool Coordinator::State::step_once(Topology& topology) {
  switch (topology.stage) {
    case Stage::idle:
      return step_idle(topology);
    case Stage::launching:
      return step_launching(topology);
    case Stage::running:
      return step_running(topology);
    case Stage::ending:
      return step_ending(topology);
  }
  return false;
}

void Coordinator::State::enter(Topology& topology, Stage stage) {
  topology.stage = stage;
  topology.since = now;
}

// --- without workers -----------------------------------------------------------------------------

bool Coordinator::State::step_idle(Topology& topology) {
  if (topology.killed()) {
    if (std::find(removed.begin(), removed.end(), topology.id()) != removed.end()) return false;
    say("info", topology.id(), "killed and gone");
    outputs.emplace_back(RemoveCheckpoints{topology.id()});
    outputs.emplace_back(RemoveRecord{topology.id()});
    removed.push_back(topology.id());
    return false;
  }
  if (topology.finished()) return false;
  if (topology.writing != 0) return false;
  if (now < topology.retry_at) {
    topology.wake_at(topology.retry_at);
    return false;
  }
  return try_begin(topology);
}

// --- workers are being started -------------------------------------------------------------------

bool Coordinator::State::step_launching(Topology& topology) {
  bool failure = false;
  if (std::string why = broken(topology, failure); !why.empty())
    return end(topology, why, failure), true;
  if (all_workers(topology, WorkerState::prepared)) return run(topology), true;
  // One that another coordinator has begun may be running: it is heard first.
  if (topology.killed() && !topology.adopted) return end(topology, "killed", false), true;
  if (!topology.adopted && step_change(topology)) return true;
  if (now >= topology.launch_deadline) {
    std::string slow;
    for (const auto& [name, process] : topology.record.processes) {
      const WorkerReport* worker = worker_of(topology, name);
      if (!worker || worker->state < WorkerState::prepared)
        slow += (slow.empty() ? "" : ", ") + name;
    }
    end(topology,
        fmt::format("its workers on {} are not ready after {}", slow,
                    detail::duration_text(options.launch_timeout)),
        true);
    return true;
  }
  step_states(topology);
  topology.wake_at(topology.launch_deadline);
  return false;
}

void Coordinator::State::run(Topology& topology) {
  bool again = topology.restarts > 0;
  enter(topology, Stage::running);
  if (topology.shape.checkpoints) {
    std::uint64_t ordered = 0;
    for (const auto& [name, process] : topology.record.processes)
      if (const WorkerReport* worker = worker_of(topology, name))
        ordered = std::max(ordered, worker->checkpoint);
    // One that another coordinator has begun goes on. Else numbers that it, or an incarnation
    // before, may have used for another one are left out.
    bool under_way = ordered > topology.record.checkpoint;
    topology.highest = std::max({topology.highest, ordered, topology.record.checkpoint});
    topology.finals.clear();
    count_from(topology, under_way ? ordered - 1 : topology.highest + 1);
    topology.next_checkpoint = now + topology.shape.checkpoint_interval;
    if (under_way) begin_checkpoint(topology);
  }
  mark(topology, Mark::whole);
  say("info", topology.id(),
      fmt::format("runs{} on {} nodes (incarnation {})", again ? " again" : "",
                  topology.record.processes.size(), topology.incarnation()));
}

// --- workers run ---------------------------------------------------------------------------------

bool Coordinator::State::step_running(Topology& topology) {
  bool failure = false;
  if (std::string why = broken(topology, failure); !why.empty())
    return end(topology, why, failure), true;
  if (all_workers(topology, WorkerState::finished)) return finish_topology(topology), true;
  if (step_kill(topology) || step_change(topology)) return true;
  if (topology.failures > 0) {
    // It has run for so long that the next failure is another one.
    TimeNs well_since = topology.since + 2 * options.restart_pause_max;
    if (now >= well_since) {
      topology.failures = 0;
      topology.reason.clear();
    }
    topology.wake_at(now >= well_since ? time_max : well_since);
  }
  step_checkpoints(topology);
  return false;
}

bool Coordinator::State::step_kill(Topology& topology) {
  if (!topology.killed()) return false;
  if (!topology.drains && now >= topology.kill_at) {
    topology.drains = true;
    topology.drain_until = now + options.drain_timeout;
    mark(topology, Mark::light);
  }
  if (topology.drains && now >= topology.drain_until) {
    end(topology,
        fmt::format("it has not worked off what was under way within {}",
                    detail::duration_text(options.drain_timeout)),
        false);
    return true;
  }
  topology.wake_at(topology.drains ? topology.drain_until : topology.kill_at);
  return false;
}

bool Coordinator::State::step_change(Topology& topology) {
  detail::Change& change = topology.change;
  if (change.why.empty() || topology.killed()) return false;
  if (now < change.not_before) {
    topology.wake_at(change.not_before);
    return false;
  }
  if (change.checkpoint == 0) {
    if (change.tried == epoch) return false;
    change.tried = epoch;
    bool resubmitted = !topology.record.next.empty();
    const TopologyRecord& record = topology.record;
    auto next =
        draft(topology, resubmitted ? record.next.front() : record.submission, change.spread);
    topology.reason =
        !next.ok() ? next.error().what
        : next->unplaced.empty()
            ? std::string()
            : fmt::format("{}; it stays as it is: {}", change.why, fmt::join(next->unplaced, "; "));
    if (!topology.reason.empty()) return false;
    next->assignment.incarnation = topology.incarnation();
    if (!resubmitted && next->assignment == record.assignment) {
      change = {};
      return true;
    }
  }
  if (topology.stage == Stage::running && topology.shape.checkpoints) {
    if (change.checkpoint == 0) {
      begin_checkpoint(topology);
      change.checkpoint = std::max(topology.ordered, topology.record.checkpoint + 1);
      change.give_up = now + options.change_wait;
    }
    bool saved = topology.record.checkpoint >= change.checkpoint;
    if (!saved && now < change.give_up) {
      topology.wake_at(change.give_up);
      return false;
    }
    if (!saved)
      say("warning", topology.id(),
          fmt::format("no checkpoint within {}: what came since the last one is worked off again",
                      detail::duration_text(options.change_wait)));
  }
  end(topology, change.why, false);
  return true;
}

void Coordinator::State::finish_topology(Topology& topology) {
  std::vector<WorkerReport> workers;
  for (const auto& [name, process] : topology.record.processes)
    workers.push_back(*worker_of(topology, name));
  // Then what it has counted is not true: it goes back to its last checkpoint.
  if (std::string torn = torn_edge(workers); !torn.empty())
    return end(topology, "rows were lost or doubled on the way: " + torn, true);
  say("info", topology.id(), "finished: all of its input is worked off");
  if (!topology.killed()) {
    topology.record.finished = wall;
    topology.record.checkpoint = 0;
    save(topology);
    outputs.emplace_back(RemoveCheckpoints{topology.id()});
  }
  mark(topology, Mark::ended);
  topology.checkpointer.reset();
  enter(topology, Stage::ending);
}

// --- workers end ---------------------------------------------------------------------------------

void Coordinator::State::end(Topology& topology, const std::string& why, bool failure) {
  bool ran = topology.stage == Stage::running;
  if (!topology.killed()) {
    ++topology.restarts;
    topology.last_restart = why;
    say(failure ? "error" : "warning", topology.id(),
        fmt::format("{}: {} is ended on all nodes{}", why,
                    fmt::format("incarnation {}", topology.incarnation()),
                    ran && !topology.shape.checkpoints
                        ? "; what its windows held is lost (it takes no checkpoints)"
                        : ""));
  } else if (why != "killed") {
    say("warning", topology.id(), why);
  }
  if (failure) {
    DurationNs pause = options.restart_pause_first;
    for (std::uint32_t i = 0; i < topology.failures && pause < options.restart_pause_max; ++i)
      pause *= 2;
    pause = std::min(pause, options.restart_pause_max);
    topology.retry_at = now + pause;
    ++topology.failures;
    topology.reason = why;
  }
  mark(topology, Mark::ended);
  topology.checkpointer.reset();
  topology.reading = false;
  topology.change.checkpoint = 0;
  enter(topology, Stage::ending);
}

bool Coordinator::State::step_ending(Topology& topology) {
  for (const auto& [name, process] : topology.record.processes)
    if (!is_gone(topology, name)) return false;
  topology.record.ended = true;
  if (!topology.killed()) save(topology);
  topology.ending.clear();
  enter(topology, Stage::idle);
  ++epoch;  // it has left a place to others
  return true;
}

// --- what is known of workers --------------------------------------------------------------------

const WorkerReport* Coordinator::State::worker_of(const Topology& topology,
                                                  const std::string& node) const {
  auto entry = nodes.find(node);
  auto process = topology.record.processes.find(node);
  if (entry == nodes.end() || process == topology.record.processes.end()) return nullptr;
  const Report& report = entry->second.report;
  if (!entry->second.heard_of || report.session != process->second.session) return nullptr;
  auto found =
      std::lower_bound(report.workers.begin(), report.workers.end(), topology,
                       [](const WorkerReport& a, const Topology& b) {
                         int order = a.topology.compare(b.id());
                         return order < 0 || (order == 0 && a.incarnation < b.incarnation());
                       });
  bool is = found != report.workers.end() && found->topology == topology.id() &&
            found->incarnation == topology.incarnation();
  return is ? &*found : nullptr;
}

// Whether nothing of the incarnation, or of one before it, is left there.
bool Coordinator::State::is_gone(const Topology& topology, const std::string& node) const {
  auto found = nodes.find(node);
  if (found == nodes.end() || found->second.lost) return true;
  const NodeEntry& entry = found->second;
  if (!entry.heard_of) return false;
  // That another process was let in says that the one before is gone (process_in_the_way()).
  if (entry.report.session != topology.record.processes.at(node).session) return true;
  auto told = topology.ending.find(node);
  if (told == topology.ending.end() || !entry.has_taken_over(term, told->second)) return false;
  const auto& workers = entry.report.workers;
  return std::none_of(workers.begin(), workers.end(),
                      [&](const WorkerReport& worker) { return worker.topology == topology.id(); });
}

// Why the incarnation cannot go on; empty: it can.
std::string Coordinator::State::broken(const Topology& topology, bool& failure) const {
  for (const auto& [name, process] : topology.record.processes) {
    auto found = nodes.find(name);
    if (found == nodes.end()) return fmt::format("the node {} was removed", name);
    const NodeEntry& entry = found->second;
    if (entry.lost) return fmt::format("the node {} is lost", name);
    if (entry.fencing) return fmt::format("the node {} is silent", name);
    if (!entry.heard_of) continue;
    if (entry.report.session != process.session)
      return fmt::format("the node {} was started anew", name);
    const WorkerReport* worker = worker_of(topology, name);
    if (!worker || worker->state < WorkerState::failed) continue;
    failure = true;
    return worker->state == WorkerState::failed
               ? worker->error
               : fmt::format("its worker on {} was stopped from outside", name);
  }
  return {};
}

bool Coordinator::State::all_workers(const Topology& topology, WorkerState at_least) const {
  for (const auto& [name, process] : topology.record.processes) {
    const WorkerReport* worker = worker_of(topology, name);
    if (!worker || worker->state < at_least) return false;
  }
  return true;
}

}  // namespace dnstorm::cluster
