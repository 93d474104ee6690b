// Checkpoints of running topologies, and the states that an incarnation begins from.
#include <fmt/format.h>

#include <algorithm>

#include "cluster/coordinator/detail/state.hpp"

namespace dnstorm::cluster {

namespace {

constexpr DurationNs states_pause_max = 30 * ns_per_s;
// So long the first worker that is there waits for the others, so that one reading does for all.
constexpr DurationNs states_gather = 500 * ns_per_ms;

}  // namespace

void Coordinator::checkpoint_written(const std::string& topology, std::uint64_t number,
                                     const Result<void>& how, TimeNs now) {
  State& state = *state_;
  auto found = state.topologies.find(topology);
  if (!state.begin(now)) {
    // It may not act on it just now, and asks again when it may.
    if (found != state.topologies.end()) found->second.writing = 0;
    return;
  }
  if (found != state.topologies.end() && found->second.writing == number) {
    detail::Topology& of = found->second;
    of.writing = 0;
    if (of.finished()) {
      state.outputs.emplace_back(RemoveCheckpoints{topology});
    } else if (how.ok()) {
      of.record.checkpoint = number;
      of.record.checkpoint_assignment = of.record.assignment;
      of.failures = 0;
      state.save(of);
      if (of.live()) state.mark(of, State::Mark::light);
    } else {
      state.say("error", topology,
                fmt::format("checkpoint {} cannot be kept: {}", number, how.error().what));
      // The nodes have its parts still, and send them again.
      if (of.checkpointer) {
        state.count_from(of, number - 1);
        state.begin_checkpoint(of);
      }
    }
    state.step(of);
  }
  state.finish();
}

void Coordinator::checkpoint_read(const std::string& topology, std::uint64_t number,
                                  Result<std::vector<std::string>> states, TimeNs now) {
  State& state = *state_;
  auto found = state.topologies.find(topology);
  if (!state.begin(now)) {
    // It may not act on it just now, and asks again when it may.
    if (found != state.topologies.end()) found->second.reading = false;
    return;
  }
  if (found != state.topologies.end() && found->second.reading && found->second.restore == number &&
      found->second.stage == detail::Stage::launching) {
    detail::Topology& of = found->second;
    of.reading = false;
    if (states.ok())
      state.send_states(of, std::move(*states));
    else
      state.end(of, fmt::format("checkpoint {} cannot be read: {}", number, states.error().what),
                true);
    state.step(of);
  }
  state.finish();
}

// --- taken ---------------------------------------------------------------------------------------

void Coordinator::State::count_from(Topology& topology, std::uint64_t last) {
  // Its interval is next_checkpoint: one may be wanted before.
  topology.checkpointer.emplace(topology.shape.tasks, 0, last);
  topology.parts.clear();
  for (const auto& [task, bytes] : topology.finals) (void)topology.checkpointer->ended(task, bytes);
}

void Coordinator::State::begin_checkpoint(Topology& topology) {
  if (!topology.checkpointer || topology.writing != 0) return;
  topology.next_checkpoint = now + topology.shape.checkpoint_interval;
  auto number = topology.checkpointer->due(now);
  if (!number) return;
  topology.parts.clear();
  topology.ordered = *number;
  topology.highest = std::max(topology.highest, *number);
  mark(topology, Mark::light);
}

void Coordinator::State::step_checkpoints(Topology& topology) {
  if (!topology.checkpointer || topology.shape.checkpoint_interval <= 0) return;
  if (now >= topology.next_checkpoint) begin_checkpoint(topology);
  // One that is not complete by then shows that the interval is too short.
  if (now >= topology.next_checkpoint)
    topology.next_checkpoint = now + topology.shape.checkpoint_interval;
  topology.wake_at(topology.next_checkpoint);
}

void Coordinator::State::take(StatePart part) {
  auto found = topologies.find(part.topology);
  if (found == topologies.end()) return;
  Topology& topology = found->second;
  bool wanted = topology.stage == Stage::running && topology.checkpointer &&
                part.incarnation == topology.incarnation() && part.task < topology.shape.tasks &&
                !topology.finals.count(part.task);
  if (!wanted) return;
  std::optional<delivery::Checkpoint> complete;
  if (part.number == 0) {
    complete = topology.checkpointer->ended(part.task, part.bytes);
    topology.finals.emplace(part.task, std::move(part.bytes));
  } else if (part.number == topology.checkpointer->under_way() &&
             topology.parts.insert(part.task).second) {
    complete = topology.checkpointer->saved(part.number, part.task, std::move(part.bytes));
  }
  if (complete) completed(topology, std::move(*complete));
}

void Coordinator::State::completed(Topology& topology, delivery::Checkpoint checkpoint) {
  topology.writing = checkpoint.number;
  outputs.emplace_back(WriteCheckpoint{topology.id(), topology.shape.fingerprint,
                                       topology.shape.components, topology.record.assignment,
                                       std::move(checkpoint)});
}

// --- begun from ----------------------------------------------------------------------------------

void Coordinator::State::step_states(Topology& topology) {
  if (topology.restore == 0 || topology.reading) return;
  bool missing = false, all = true;
  for (const auto& [name, process] : topology.record.processes) {
    const WorkerReport* worker = worker_of(topology, name);
    all = all && worker;
    if (!worker || worker->state != WorkerState::starting) continue;
    missing = missing || now >= topology.next_states || !topology.states_sent.count(name);
  }
  if (!missing) {
    if (topology.next_states > now) topology.wake_at(topology.next_states);
    return;
  }
  if (!all && now < topology.since + states_gather) {
    topology.wake_at(topology.since + states_gather);
    return;
  }
  topology.reading = true;
  outputs.emplace_back(ReadCheckpoint{topology.id(), topology.restore,
                                      topology.record.assignment.choices,
                                      topology.record.assignment});
}

void Coordinator::State::send_states(Topology& topology, std::vector<std::string> states) {
  bool again = now >= topology.next_states;
  std::set<std::string> to;
  for (const auto& [name, process] : topology.record.processes) {
    const WorkerReport* worker = worker_of(topology, name);
    if (worker && worker->state == WorkerState::starting &&
        (again || !topology.states_sent.count(name)))
      to.insert(name);
  }
  const auto& placed = topology.record.assignment.node_of_executor;
  for (std::size_t e = 0; e < topology.shape.executors.size(); ++e) {
    if (!to.count(placed[e])) continue;
    for (std::uint32_t task : topology.shape.executors[e].tasks) {
      StatePart part{topology.id(), topology.incarnation(), topology.restore, task, {}};
      if (task < states.size()) part.bytes = states[task];
      outputs.emplace_back(SendState{placed[e], std::move(part)});
    }
  }
  for (const std::string& name : to) topology.states_sent[name] = now;
  // Lost ones are sent again, to workers that are not prepared by then.
  if (again) topology.states_pause = std::min(2 * topology.states_pause, states_pause_max);
  topology.next_states = now + topology.states_pause;
}

}  // namespace dnstorm::cluster
