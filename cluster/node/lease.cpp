// How long its workers may run: answers of the coordinator, pings and pongs.
#include <fmt/format.h>

#include <algorithm>

#include "cluster/node/detail/state.hpp"

namespace dnstorm::cluster {

void Node::take(const Ping& ping, TimeNs now) {
  state_->begin(now);
  if (state_->answers_pings_of(ping.node, now))
    state_->outputs.emplace_back(SendPong{ping.node, {state_->options.name, ping.sequence}});
  state_->finish(now);
}

void Node::take(const Pong& pong, TimeNs now) {
  state_->begin(now);
  for (State::Round& round : state_->rounds) {
    if (round.sequence != pong.sequence || !state_->is_member(pong.node)) continue;
    round.answers.insert(pong.node);
    if (round.answers.size() >= state_->majority())
      state_->lease_until = std::max(state_->lease_until, round.sent + state_->lease);
  }
  state_->finish(now);
}

bool Node::State::is_member(const std::string& node) const {
  return std::any_of(members.all.begin(), members.all.end(),
                     [&](const Member& member) { return member.name == node; });
}

bool Node::State::answers_pings_of(const std::string& node, TimeNs now) const {
  // Its process before this one may have confirmed a fence that this one has not heard of yet: by
  // then all leases are over that its answers could have prolonged.
  if (lease == 0 || now < born + lease + lease / 16) return false;
  return is_member(node) && std::find(fenced.begin(), fenced.end(), node) == fenced.end();
}

void Node::State::answered(const Orders& orders, TimeNs now) {
  if (orders.lease > 0) lease = orders.lease;
  auto sent = std::find_if(reports_sent.begin(), reports_sent.end(),
                           [&](const auto& one) { return one.first == orders.answers; });
  if (sent == reports_sent.end()) return;
  bool was_without = answered_at != time_min && now - answered_at > lease / 2;
  answered_at = std::max(answered_at, sent->second);
  bool had_none = now >= lease_until;
  lease_until = std::max(lease_until, sent->second + lease);
  if (alone) say("info", "", "a coordinator answers again");
  alone = false;
  // What went out meanwhile may be lost.
  if (was_without)
    for (auto& [key, worker] : workers)
      if (worker.repeat_at != time_max) worker.repeat_at = now;
  if (had_none && now < lease_until) reconcile(now);
}

void Node::State::expire(TimeNs now) {
  if (now < lease_until) return;
  for (auto& [key, worker] : workers) {
    if (!worker.process || worker.killed) continue;
    stop(worker, now, true);
    if (worker.over()) continue;
    fail(worker, fmt::format("{} was cut off from the coordinator, and from most other nodes, "
                             "for longer than {}",
                             options.name, format_duration(lease)));
  }
}

// Only while no coordinator answers, and there is something that needs a lease.
void Node::State::ping_others(TimeNs now) {
  if (now >= lease_until || lease == 0) return;
  if (now - answered_at < lease / 3 || now < next_ping) return;
  if (std::none_of(workers.begin(), workers.end(), [](const auto& w) { return w.second.process; }))
    return;
  if (!is_member(options.name)) return;
  if (!alone) say("warning", "", "no coordinator answers: it goes on as long as most nodes do");
  alone = true;
  next_ping = now + options.report_period;
  rounds.push_back({++ping_sequence, now, {options.name}});
  if (rounds.size() > 32) rounds.pop_front();
  if (majority() == 1) lease_until = std::max(lease_until, now + lease);
  for (const Member& member : members.all)
    if (member.name != options.name)
      outputs.emplace_back(SendPing{member.name, {options.name, ping_sequence}});
}

}  // namespace dnstorm::cluster
