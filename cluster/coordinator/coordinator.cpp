#include "cluster/coordinator/coordinator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cluster/coordinator/detail/state.hpp"

namespace dnstorm::cluster {

namespace {

// A coordinator that is not called for so long was stopped, or its machine was.
constexpr DurationNs own_silence = 1 * ns_per_s;
// Timers are looked at together, not one by one.
constexpr DurationNs tick_grain = 20 * ns_per_ms;

}  // namespace

Coordinator::Coordinator(CoordinatorOptions options, Planner& planner)
    : state_(std::make_unique<State>(std::move(options), planner)) {}
Coordinator::~Coordinator() = default;

bool Coordinator::leads() const { return state_->leads; }

void Coordinator::acting_until(TimeNs until) { state_->acting_until = until; }

std::vector<Output> Coordinator::take_outputs() { return std::exchange(state_->outputs, {}); }

void Coordinator::lead(std::uint64_t term, StoredState stored, TimeNs now, TimeNs wall) {
  DNSTORM_ASSERT(term > state_->term, "terms rise", term, state_->term);
  step_down();
  State& state = *state_;
  state.leads = true;
  state.term = term;
  state.now = state.led_since = state.listening_since = state.last_call = now;
  state.wall = wall;
  state.lead(std::move(stored));
  state.finish();
}

void Coordinator::step_down() {
  auto fresh = std::make_unique<State>(std::move(state_->options), state_->planner);
  fresh->term = state_->term;
  fresh->acting_until = state_->acting_until;
  state_ = std::move(fresh);
}

void Coordinator::take(const Report& report, TimeNs now, TimeNs wall) {
  state_->wall = wall;
  if (!state_->begin(now)) return;
  state_->take(report);
  state_->finish();
}

void Coordinator::take(StatePart part, TimeNs now) {
  if (!state_->begin(now)) return;
  state_->take(std::move(part));
  state_->finish();
}

void Coordinator::tick(TimeNs now, TimeNs wall) {
  state_->wall = wall;
  if (!state_->begin(now)) return;
  state_->tick();
  state_->finish();
}

TimeNs Coordinator::next_time() const { return state_->next_time(); }

// --- life ----------------------------------------------------------------------------------------

void Coordinator::State::lead(StoredState from) {
  for (TopologyRecord& record : std::exchange(from.topologies, {})) {
    Topology& topology = topologies[record.id];
    topology.record = std::move(record);
    topology.digest = digest(topology.record.submission);
    topology.since = topology.status_since = now;
    auto labels = planner.labels_per_node(topology.record.submission);
    if (labels.ok()) topology.labels = std::move(*labels);
    auto shape = planner.shape(topology.record.submission, topology.record.assignment.choices);
    if (shape.ok()) topology.shape = std::move(*shape);
    topology.highest = topology.ordered = topology.restore = topology.record.checkpoint;
    if (topology.killed()) topology.kill_at = now + (topology.record.kill_at - wall);
    for (const auto& [label, names] : topology.record.assignment.per_node)
      for (const std::string& name : names)
        if (std::binary_search(from.lost.begin(), from.lost.end(), name))
          topology.absent.emplace(name, now);
    if (topology.incarnation() == 0 || topology.record.ended || topology.finished()) continue;
    if (!topology.record.next.empty())
      ask_change(topology, "resubmitted");
    else if (topology.record.executors != topology.record.assignment.choices.executors)
      ask_change(topology, "rebalanced");
    // It may be running. What it is at is told by the reports; until then it is left alone.
    topology.stage = Stage::launching;
    topology.adopted = true;
    topology.launch_deadline = now + options.launch_timeout;
  }
  stored = std::move(from);
  if (stored.former.empty()) stored.former.push_back({stored.members_version, stored.members});
  for (const std::string& name : stored.members) nodes[name].member = true;
  for (const std::string& name : stored.lost) nodes[name].lost = true;
  for (const std::string& name : stored.drained) nodes[name].drained = true;
  for (auto& [name, entry] : nodes) entry.report.node = name;
  // By then the endpoints of nodes that are there are known.
  members_next = now + own_silence;
  members_dirty = true;
  for (auto& [id, topology] : topologies)
    if (topology.stage == Stage::launching) mark(topology, Mark::whole);
  say("info", "",
      fmt::format("leads (term {}): {} topologies, {} nodes", term, topologies.size(),
                  stored.members.size()));
}

bool Coordinator::State::begin(TimeNs at) {
  if (!acting(at)) return false;
  // What was sent to it meanwhile it has yet to read.
  if (at - last_call > own_silence && last_call > led_since) {
    say("warning", "",
        fmt::format("the coordinator itself stood still for {}",
                    detail::duration_text(at - last_call)));
    listening_since = at;
  }
  now = last_call = at;
  return true;
}

void Coordinator::State::finish() {
  // What one topology leaves another may be waiting for.
  while (stepped != epoch) {
    stepped = epoch;
    for (auto& [id, topology] : topologies) step(topology);
  }
  for (const std::string& id : removed) topologies.erase(id);
  removed.clear();
  flush();
}

void Coordinator::State::tick() {
  look_after_nodes();
  for (auto& [id, topology] : topologies)
    if (now >= topology.wake) step(topology);
}

TimeNs Coordinator::State::next_time() const {
  if (!leads) return time_max;
  TimeNs next = last_call + own_silence / 2;
  for (const auto& [name, entry] : nodes) {
    if (!entry.member || entry.lost) continue;
    next = std::min(next, entry.fencing
                              ? lease_end(entry)
                              : std::max(entry.heard, listening_since) + options.node_timeout);
  }
  if (members_dirty) next = std::min(next, members_next);
  for (const auto& [id, topology] : topologies) next = std::min(next, topology.wake);
  return std::max(next, last_call + tick_grain);
}

std::string detail::duration_text(DurationNs duration) {
  duration = duration < 0 ? -duration : duration;
  DurationNs grain = duration < ns_per_s ? ns_per_ms : 100 * ns_per_ms;
  return duration < ns_per_ms ? format_duration(duration)
                              : format_duration((duration + grain / 2) / grain * grain);
}

void Coordinator::State::say(const char* level, const std::string& topology, std::string text,
                             const std::string& node) {
  outputs.emplace_back(Say{{wall, node, topology, level, std::move(text)}});
}

}  // namespace dnstorm::cluster
