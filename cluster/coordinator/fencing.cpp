// A node that is silent: made sure that its workers run no more (cluster/model/orders.hpp, leases).
#include <fmt/format.h>

#include <algorithm>

#include "cluster/coordinator/detail/state.hpp"

namespace dnstorm::cluster {

void Coordinator::State::fence(NodeEntry& entry) {
  const std::string& name = entry.report.node;
  entry.fencing = true;
  entry.fencing_since = now;
  entry.alone_since = time_max;
  entry.fence_orders.clear();
  say("warning", "",
      fmt::format("silent for {}: the others are told to answer it no more",
                  detail::duration_text(options.node_timeout)),
      name);
  mark_all();
  for (auto& [other, told] : nodes) entry.fence_orders[other] = told.version;
  ++epoch;
  step_topologies_of(name);
  look_after_fence(entry);
}

void Coordinator::State::unfence(NodeEntry& entry) {
  entry.fencing = false;
  entry.alone_since = time_max;
  say("info", "",
      fmt::format("is heard again after {}", detail::duration_text(now - entry.fencing_since)),
      entry.report.node);
  mark_all();
  ++epoch;
}

void Coordinator::State::look_after_fence(NodeEntry& entry) {
  if (!entry.fencing) return;
  if (!is_alone(entry))
    entry.alone_since = time_max;
  else
    entry.alone_since = std::min(entry.alone_since, now);
  if (now >= lease_end(entry)) lose(entry);
}

// Whether, by any set of members that it may know, too few are left that may still answer it.
bool Coordinator::State::is_alone(const NodeEntry& entry) const {
  const std::string& name = entry.report.node;
  auto confirmed = [&](const std::string& other) {
    auto found = nodes.find(other);
    auto told = entry.fence_orders.find(other);
    if (found == nodes.end()) return false;
    const Report& report = found->second.report;
    return found->second.has_taken_over(term,
                                        told == entry.fence_orders.end() ? 0 : told->second) &&
           std::find(report.fenced.begin(), report.fenced.end(), name) != report.fenced.end();
  };
  for (std::size_t i = 0; i < stored.former.size(); ++i) {
    bool later_known =
        i + 1 < stored.former.size() && stored.former[i + 1].version <= entry.members_floor;
    const std::vector<std::string>& names = stored.former[i].names;
    if (later_known || !std::binary_search(names.begin(), names.end(), name)) continue;
    auto silent = static_cast<std::size_t>(std::count_if(names.begin(), names.end(), confirmed));
    if (names.size() - silent >= names.size() / 2 + 1) return false;
  }
  return true;
}

// When its lease is over for sure; time_max: not known.
TimeNs Coordinator::State::lease_end(const NodeEntry& entry) const {
  if (entry.alone_since == time_max) return time_max;
  // One that has not heard of this term may have had answers of an earlier coordinator.
  TimeNs answered = entry.current(term) ? entry.answered : std::max(entry.answered, led_since);
  return std::max(answered, entry.alone_since) + lease_of_any();
}

void Coordinator::State::lose(NodeEntry& entry) {
  const std::string& name = entry.report.node;
  say("error", "",
      fmt::format("is lost: silent for {}, its lease is over",
                  detail::duration_text(now - std::max(entry.heard, listening_since))),
      name);
  entry.fencing = false;
  entry.lost = true;
  entry.member = false;
  entry.heard_of = false;
  entry.slots.clear();
  stored.members.erase(std::remove(stored.members.begin(), stored.members.end(), name),
                       stored.members.end());
  stored.lost.push_back(name);
  std::sort(stored.lost.begin(), stored.lost.end());
  for (auto& [id, topology] : topologies)
    if (topology.record.assignment.per_node.size() && topology.record.processes.count(name))
      topology.absent.emplace(name, now);
  ++epoch;
  publish_members();
  step_topologies_of(name);
}

}  // namespace dnstorm::cluster
