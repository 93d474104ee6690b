// Where a topology's next incarnation runs, and its beginning.
#include <fmt/format.h>

#include <algorithm>

#include "cluster/coordinator/detail/state.hpp"

namespace dnstorm::cluster {

std::vector<std::string> Coordinator::State::labelled(const std::string& label) const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : nodes) {
    const auto& labels = entry.report.labels;
    if (entry.alive() && !entry.drained &&
        (label.empty() || std::find(labels.begin(), labels.end(), label) != labels.end()))
      names.push_back(name);
  }
  return names;
}

// What nodes have, less what topologies other than `but` use.
std::vector<Offer> Coordinator::State::offers(const Topology* but) const {
  std::vector<Offer> offers;
  std::map<std::string, Offer*> by_name;
  offers.reserve(nodes.size());
  for (const auto& [name, entry] : nodes) {
    if (!entry.alive()) continue;
    const Report& report = entry.report;
    offers.push_back({name, report.labels, report.cores, report.memory, entry.drained, 0, 0, 0});
    by_name[name] = &offers.back();
  }
  for (const auto& [id, topology] : topologies) {
    const auto& placed = topology.record.assignment.node_of_executor;
    const auto& executors = topology.shape.executors;
    if (&topology == but || topology.stage == Stage::idle || placed.size() != executors.size())
      continue;
    for (std::size_t i = 0; i < placed.size(); ++i) {
      auto offer = by_name.find(placed[i]);
      if (offer == by_name.end()) continue;
      offer->second->executors_used += 1;
      offer->second->cores_used += executors[i].cores;
      offer->second->memory_used += executors[i].memory;
    }
  }
  return offers;
}

Result<Coordinator::State::Draft> Coordinator::State::draft(const Topology& topology,
                                                            const Submission& submission,
                                                            bool spread) const {
  Draft draft;
  PlanChoices& choices = draft.assignment.choices;
  choices.executors = topology.record.executors;
  for (const std::string& label : DNSTORM_TRY(planner.labels_per_node(submission))) {
    auto names = labelled(label);
    if (names.empty())
      draft.unplaced.push_back(label.empty()
                                   ? "it waits for a node: there is none"
                                   : fmt::format("it waits for a node with the label '{}'", label));
    choices.nodes_by_label[label] = static_cast<std::uint32_t>(names.size());
    draft.assignment.per_node[label] = std::move(names);
  }
  if (!draft.unplaced.empty()) return draft;
  draft.shape = DNSTORM_TRY(planner.shape(submission, choices));
  std::vector<Offer> offered = offers(&topology);
  PlaceRequest request{draft.shape, offered, {}, draft.assignment.per_node, spread};
  const auto& placed = topology.record.assignment.node_of_executor;
  if (placed.size() == topology.shape.executors.size())
    request.previous = carry_over(topology.shape, placed, draft.shape);
  Placement placement = place(request);
  draft.unplaced = placement.reasons();
  draft.assignment.node_of_executor = std::move(placement.node_of_executor);
  draft.assignment.incarnation = topology.incarnation() + 1;
  return draft;
}

// A coordinator that has just begun gives nodes the time to say that they are there.
bool Coordinator::State::must_wait_to_begin(Topology& topology) {
  TimeNs until = led_since + options.node_timeout;
  bool all_heard = std::all_of(nodes.begin(), nodes.end(), [](const auto& node) {
    return !node.second.member || node.second.heard_of;
  });
  if (now < until && !all_heard) {
    topology.reason = "the coordinator has just begun to lead, and hears the nodes first";
    topology.wake_at(std::min(until, now + 100 * ns_per_ms));
    return true;
  }
  TimeNs absent_until = time_max;
  std::string absent = wait_for_absent(topology, absent_until);
  if (absent.empty()) return false;
  topology.reason = std::move(absent);
  topology.wake_at(absent_until);
  return true;
}

bool Coordinator::State::try_begin(Topology& topology) {
  if (must_wait_to_begin(topology)) return false;
  if (topology.tried == epoch) return false;
  topology.tried = epoch;
  const TopologyRecord& record = topology.record;
  auto draft = this->draft(topology, record.next.empty() ? record.submission : record.next.front(),
                           topology.change.spread);
  if (!draft.ok()) {
    if (topology.reason != draft.error().what) say("error", topology.id(), draft.error().what);
    topology.reason = draft.error().what;
    return false;
  }
  if (!draft->unplaced.empty()) {
    std::string why = fmt::format("{}", fmt::join(draft->unplaced, "; "));
    if (topology.reason != why) say("warning", topology.id(), "waits: " + why);
    topology.reason = std::move(why);
    return false;
  }
  launch(topology, std::move(*draft));
  return true;
}

void Coordinator::State::launch(Topology& topology, Draft draft) {
  TopologyRecord& record = topology.record;
  take_next(topology, draft.shape);
  topology.shape = std::move(draft.shape);
  record.assignment = std::move(draft.assignment);
  record.processes.clear();
  for (const std::string& name : record.assignment.nodes())
    record.processes[name] = nodes.at(name).report.process();
  record.ended = false;
  save(topology);
  topology.restore = topology.shape.checkpoints ? record.checkpoint : 0;
  topology.ordered = record.checkpoint;
  topology.change = {};
  topology.absent.clear();
  topology.adopted = false;
  topology.drains = false;
  topology.states_sent.clear();
  topology.states_pause = 2 * ns_per_s;
  topology.next_states = time_max;
  topology.launch_deadline = now + options.launch_timeout;
  enter(topology, Stage::launching);
  mark(topology, Mark::whole);
  say("info", topology.id(),
      fmt::format("incarnation {} begins on {}{}", record.assignment.incarnation,
                  fmt::join(record.assignment.nodes(), ", "),
                  topology.restore != 0 ? fmt::format(" from checkpoint {}", topology.restore)
                                        : std::string()));
}

// What was resubmitted takes the place of what ran.
void Coordinator::State::take_next(Topology& topology, const TopologyShape& shape) {
  TopologyRecord& record = topology.record;
  if (record.next.empty()) return;
  record.submission = std::move(record.next.front());
  record.next.clear();
  topology.digest = digest(record.submission);
  if (record.checkpoint != 0 &&
      (!shape.checkpoints || shape.fingerprint != topology.shape.fingerprint)) {
    say("warning", topology.id(),
        "what has changed gives the states of its checkpoints another meaning: it begins anew");
    record.checkpoint = 0;
    record.checkpoint_assignment = {};
    outputs.emplace_back(RemoveCheckpoints{topology.id()});
  }
  auto labels = planner.labels_per_node(record.submission);
  if (labels.ok()) topology.labels = std::move(*labels);
}

// --- components on each node ---------------------------------------------------------------------

// A lost node of a per-node component is waited for; empty: there is none to wait for.
std::string Coordinator::State::wait_for_absent(Topology& topology, TimeNs& until) {
  std::string names;
  for (auto at = topology.absent.begin(); at != topology.absent.end();) {
    auto node = nodes.find(at->first);
    bool there = node != nodes.end() && node->second.alive();
    if (there || node == nodes.end() || node->second.drained) {
      at = topology.absent.erase(at);
      continue;
    }
    TimeNs end = at->second + options.absence_max;
    if (now < end) {
      until = std::min(until, end);
      names += (names.empty() ? "" : ", ") + at->first;
    }
    ++at;
  }
  if (names.empty()) return {};
  return fmt::format("lost: {}; it is waited for up to {}, then it goes on without", names,
                     detail::duration_text(options.absence_max));
}

void Coordinator::State::look_for_joined(Topology& topology) {
  if (!topology.live() || topology.labels.empty() || !topology.change.why.empty()) return;
  for (const std::string& label : topology.labels) {
    auto had = topology.record.assignment.per_node.find(label);
    if (had == topology.record.assignment.per_node.end()) continue;
    for (const std::string& name : labelled(label)) {
      if (std::find(had->second.begin(), had->second.end(), name) != had->second.end()) continue;
      ask_change(topology, fmt::format("the node {} has joined", name), options.join_settle);
      return;
    }
  }
}

}  // namespace dnstorm::cluster
