// What nodes are told.
#include <algorithm>

#include "cluster/coordinator/detail/state.hpp"

namespace dnstorm::cluster {

void Coordinator::State::mark(Topology& topology, Mark mark) {
  for (const auto& [name, process] : topology.record.processes) {
    auto found = nodes.find(name);
    if (found == nodes.end()) continue;
    NodeEntry& entry = found->second;
    detail::OrderSlot& slot = entry.slots[topology.id()];
    std::uint64_t version = entry.version = ++newest;
    if (mark == Mark::ended) {
      slot.ended = version;
      topology.ending[name] = version;
    } else {
      slot.ended = 0;
      (mark == Mark::whole ? slot.whole : slot.light) = version;
    }
    entry.news = true;
    touched.insert(name);
  }
}

void Coordinator::State::mark_all() {
  for (auto& [name, entry] : nodes) {
    entry.version = ++newest;
    entry.news = true;
    touched.insert(name);
  }
}

void Coordinator::State::flush() {
  for (const std::string& name : touched) {
    auto found = nodes.find(name);
    if (found != nodes.end()) tell(found->second);
  }
  touched.clear();
}

void Coordinator::State::tell(NodeEntry& entry) {
  if (!entry.heard_of || entry.lost || !entry.refused.empty()) return;
  if (entry.owed == 0 && (!entry.news || entry.fencing)) return;
  Orders orders = orders_for(entry);
  if (entry.owed != 0) entry.answered = now;
  entry.owed = 0;
  entry.news = false;
  outputs.emplace_back(Send{entry.report.node, std::move(orders)});
}

Orders Coordinator::State::orders_for(const NodeEntry& entry) const {
  Orders orders;
  orders.term = term;
  orders.version = entry.version;
  orders.answers = entry.owed;
  orders.session = entry.report.session;
  orders.content = entry.report.content;
  orders.lease = options.lease;
  bool based = entry.has_taken_over(term, std::max<std::uint64_t>(entry.reset, 1));
  bool knows_members = entry.current(term) && entry.report.members == stored.members_version;
  orders.unchanged =
      based && entry.report.orders == entry.version && knows_members && !lacks_submission(entry);
  if (orders.unchanged) return orders;
  if (based) orders.base = entry.report.orders;
  if (!knows_members) {
    orders.members.version = stored.members_version;
    for (const std::string& name : stored.members) {
      auto node = nodes.find(name);
      auto key = options.keys.find(name);
      orders.members.all.push_back({name, node->second.report.endpoint,
                                    key == options.keys.end() ? std::string() : key->second});
    }
  }
  for (const auto& [name, other] : nodes)
    if (other.fencing) orders.fenced.push_back(name);
  for (const auto& [id, slot] : entry.slots) {
    auto topology = topologies.find(id);
    if (slot.ended != 0 || topology == topologies.end()) {
      if (orders.base != 0 && slot.ended > orders.base) orders.ended.push_back(id);
      continue;
    }
    const TopologyRecord& record = topology->second.record;
    auto process = record.processes.find(entry.report.node);
    if (process == record.processes.end() || process->second.session != entry.report.session)
      continue;
    WorkerOrder order = order_of(topology->second, entry.report.node);
    const auto& has = entry.report.submissions;
    if (std::find(has.begin(), has.end(), order.submission) == has.end())
      orders.submissions.emplace(order.submission, record.submission);
    if (slot.whole > orders.base)
      orders.workers.push_back(std::move(order));
    else if (slot.light > orders.base)
      orders.updates.push_back({id, order.assignment.incarnation, order.phase, order.active,
                                order.checkpoint, order.saved});
  }
  return orders;
}

WorkerOrder Coordinator::State::order_of(const Topology& topology, const std::string& node) const {
  WorkerOrder order;
  order.topology = topology.id();
  order.submission = topology.digest;
  order.assignment = topology.record.assignment;
  order.active = topology.record.wanted == Wanted::active;
  order.restore = topology.restore;
  order.checkpoint = topology.ordered;
  order.saved = topology.record.checkpoint;
  if (topology.stage != Stage::running) return order;
  order.phase = topology.drains ? WorkerPhase::drain : WorkerPhase::run;
  for (const auto& [name, process] : topology.record.processes) {
    const WorkerReport* worker = name == node ? nullptr : worker_of(topology, name);
    auto key = options.keys.find(name);
    if (worker)
      order.peers.push_back(
          {name, worker->endpoint, key == options.keys.end() ? std::string() : key->second});
  }
  return order;
}

bool Coordinator::State::lacks_submission(const NodeEntry& entry) const {
  for (const auto& [id, slot] : entry.slots) {
    auto topology = topologies.find(id);
    if (slot.ended != 0 || topology == topologies.end()) continue;
    const auto& has = entry.report.submissions;
    if (std::find(has.begin(), has.end(), topology->second.digest) == has.end()) return true;
  }
  return false;
}

void Coordinator::State::forget_ended_slots(NodeEntry& entry) {
  for (auto at = entry.slots.begin(); at != entry.slots.end();) {
    bool told = at->second.ended != 0 && entry.has_taken_over(term, at->second.ended);
    at = told ? entry.slots.erase(at) : std::next(at);
  }
}

}  // namespace dnstorm::cluster
