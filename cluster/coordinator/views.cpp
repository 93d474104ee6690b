// What is shown of it.
#include <fmt/format.h>

#include "cluster/coordinator/detail/state.hpp"

namespace dnstorm::cluster {

namespace {

TopologyStatus status_of(const detail::Topology& topology, TimeNs now) {
  using detail::Stage;
  if (topology.killed()) return TopologyStatus::killed;
  if (topology.finished()) return TopologyStatus::finished;
  switch (topology.stage) {
    case Stage::idle:
      return now < topology.retry_at ? TopologyStatus::failed : TopologyStatus::waiting;
    case Stage::launching:
      return TopologyStatus::starting;
    case Stage::ending:
      if (topology.failures > 0 && now < topology.retry_at) return TopologyStatus::failed;
      return topology.change.why.empty() ? TopologyStatus::starting : TopologyStatus::rebalancing;
    case Stage::running:
      if (topology.change.checkpoint != 0) return TopologyStatus::rebalancing;
      return topology.record.wanted == Wanted::active ? TopologyStatus::active
                                                      : TopologyStatus::inactive;
  }
  return TopologyStatus::waiting;
}

NodeStatus status_of(const detail::NodeEntry& entry, bool silent) {
  if (!entry.refused.empty()) return NodeStatus::refused;
  if (entry.lost) return NodeStatus::lost;
  if (entry.fencing) return NodeStatus::fencing;
  if (silent) return NodeStatus::silent;
  return entry.drained ? NodeStatus::draining : NodeStatus::alive;
}

}  // namespace

void Coordinator::State::show(Topology& topology) {
  TopologyStatus status = status_of(topology, now);
  if (status == topology.status) return;
  topology.status = status;
  topology.status_since = now;
  bool runs = status == TopologyStatus::active || status == TopologyStatus::inactive;
  if (runs && topology.failures == 0) topology.reason.clear();
}

ClusterView Coordinator::view(TimeNs now) const {
  const State& state = *state_;
  ClusterView view;
  view.leads = state.acting(now);
  view.term = state.term;
  for (const auto& [id, topology] : state.topologies) {
    TopologyView shown{topology.record,
                       status_of(topology, now),
                       topology.reason,
                       topology.status_since,
                       topology.shape,
                       {},
                       {},
                       topology.restarts,
                       topology.last_restart};
    for (const auto& [name, process] : topology.record.processes)
      if (const WorkerReport* worker = state.worker_of(topology, name)) {
        shown.workers.push_back(*worker);
        shown.worker_nodes.push_back(name);
      }
    view.topologies.push_back(std::move(shown));
  }
  std::map<std::string, Offer> used;
  for (Offer& offer : state.offers(nullptr)) used[offer.name] = std::move(offer);
  for (const auto& [name, entry] : state.nodes) {
    bool silent =
        now - std::max(entry.heard, state.listening_since) >= state.options.node_timeout / 2;
    NodeView shown{entry.report,
                   status_of(entry, silent),
                   std::max(entry.heard, state.led_since),
                   entry.joined,
                   0,
                   0,
                   entry.refused};
    if (shown.reason.empty() && now < entry.remark_until) shown.reason = entry.remark;
    if (entry.fencing && entry.alone_since == time_max)
      shown.reason =
          "it may still be running its work, as too few other nodes are there to rule it out: "
          "start it again, or tell the coordinator to forget it if it is off";
    auto offer = used.find(name);
    if (offer != used.end()) {
      shown.cores_used = offer->second.cores_used;
      shown.memory_used = offer->second.memory_used;
    }
    view.nodes.push_back(std::move(shown));
  }
  return view;
}

}  // namespace dnstorm::cluster
