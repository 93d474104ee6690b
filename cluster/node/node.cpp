#include "cluster/node/node.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cluster/node/detail/state.hpp"

namespace dnstorm::cluster {

namespace {

// What changes within it goes into one report.
constexpr DurationNs report_gap = 20 * ns_per_ms;

}  // namespace

Node::Node(NodeOptions options, TimeNs now)
    : state_(std::make_unique<State>(std::move(options), now)) {}
Node::~Node() = default;

void Node::bound(std::string endpoint) {
  state_->endpoint = std::move(endpoint);
  state_->touch();
}

void Node::tick(TimeNs now, TimeNs wall) {
  state_->wall_offset = wall - now;
  state_->begin(now);
  state_->finish(now);
}

void Node::take(const Orders& orders, TimeNs now) {
  state_->begin(now);
  if (orders.session == state_->options.session && orders.term >= state_->term &&
      orders.protocol >= protocol_version_oldest)
    state_->take_over(orders, now);
  state_->finish(now);
}

TimeNs Node::lease_until() const { return state_->lease_until; }

bool Node::has_coordinator(TimeNs now) const {
  return state_->answered_at != time_min && now - state_->answered_at < state_->lease;
}

std::vector<NodeOutput> Node::take_outputs() { return std::exchange(state_->outputs, {}); }

TimeNs Node::next_time() const {
  TimeNs next = state_->next_report;
  for (const auto& [key, worker] : state_->workers) {
    if (worker.process && !worker.killed) next = std::min(next, worker.kill_at);
    if (worker.process && !worker.killed) next = std::min(next, state_->lease_until);
    if (state_->options.worker_timeout > 0 && worker.process && worker.spoken && !worker.stopping())
      next = std::min(next, worker.heard + state_->options.worker_timeout);
    next = std::min(next, worker.repeat_at);
  }
  return next;
}

// --- calls ---------------------------------------------------------------------------------------

void Node::State::begin(TimeNs now) {
  last = now;
  expire(now);
  kill_overdue(now);
}

void Node::State::finish(TimeNs now) {
  repeat_states(now);
  ping_others(now);
  if (content != content_reported) next_report = std::min(next_report, last_report + report_gap);
  if (now >= next_report) send_report(now);
}

void Node::State::take_over(const Orders& orders, TimeNs now) {
  if (orders.term > term) new_term(orders, now);
  content_confirmed = std::max(content_confirmed, std::min(orders.content, content));
  if (orders.content == 0) {
    // It knows nothing of this node: the next report is whole, and goes out now.
    content_confirmed = 0;
    content_reported = 0;
  }
  if (orders.refused != refused) {
    refused = orders.refused;
    if (!refused.empty()) say("error", "", fmt::format("the coordinator refuses it: {}", refused));
  }
  if (!refused.empty()) return;
  answered(orders, now);
  // What is told since a version that it does not have comes again from one that it has.
  if (orders.unchanged || orders.version < version || orders.base > version) return;
  for (const auto& [digest, submission] : orders.submissions)
    submissions.insert_or_assign(digest, submission);
  if (orders.version > version) {
    version = orders.version;
    take_members(orders.members);
    fenced = orders.fenced;
    take_workers(orders);
    touch();
  }
  reconcile(now);
}

void Node::State::take_members(const Members& told) {
  if (told.version <= members.version) return;
  Members before = std::exchange(members, told);
  // A coordinator that is new may not have heard of all endpoints yet.
  for (Member& member : members.all)
    for (const Member& known : before.all)
      if (member.endpoint.empty() && known.name == member.name) member.endpoint = known.endpoint;
}

void Node::State::take_workers(const Orders& orders) {
  if (orders.base == 0) wanted.clear();
  for (const WorkerOrder& order : orders.workers) wanted.insert_or_assign(order.topology, order);
  for (const WorkerUpdate& update : orders.updates) {
    auto found = wanted.find(update.topology);
    if (found == wanted.end() || found->second.assignment.incarnation != update.incarnation)
      continue;
    found->second.phase = update.phase;
    found->second.active = update.active;
    found->second.checkpoint = update.checkpoint;
    found->second.saved = update.saved;
  }
  for (const std::string& topology : orders.ended) wanted.erase(topology);
}

void Node::State::new_term(const Orders& orders, TimeNs now) {
  if (term != 0) say("info", "", fmt::format("another coordinator leads (term {})", orders.term));
  term = orders.term;
  version = 0;
  content_confirmed = 0;
  touch();
  // It has none of what was told to the one before.
  for (auto& [key, worker] : workers)
    if (!worker.saved.empty()) {
      worker.repeat_pause = 0;
      worker.repeat_at = now;
    }
}

// --- reports -------------------------------------------------------------------------------------

void Node::State::send_report(TimeNs now) {
  last_report = now;
  next_report = now + options.report_period;
  outputs.emplace_back(SendReport{report_of(now)});
  content_reported = content;
}

Report Node::State::report_of(TimeNs now) {
  Report report;
  report.version = options.version;
  report.node = options.name;
  report.session = options.session;
  report.home = options.home;
  report.start = options.start;
  report.sequence = ++sequence;
  report.wall = now + wall_offset;
  report.content = content;
  reports_sent.emplace_back(sequence, now);
  while (reports_sent.size() > 1 && reports_sent.front().second < now - std::max(lease, ns_per_s))
    reports_sent.pop_front();
  if (content_confirmed == content) {
    report.unchanged = true;
    return report;
  }
  report.host = options.host;
  report.endpoint = endpoint;
  report.labels = options.labels;
  report.cores = options.cores;
  report.memory = options.memory;
  report.term = term;
  report.orders = version;
  report.members = members.version;
  report.fenced = fenced;
  for (const auto& [key, worker] : workers) report.workers.push_back(worker.report);
  for (const auto& [digest, submission] : submissions) report.submissions.push_back(digest);
  return report;
}

void Node::State::say(const char* level, const std::string& topology, std::string text) {
  outputs.emplace_back(Note{{last + wall_offset, options.name, topology, level, std::move(text)}});
}

}  // namespace dnstorm::cluster
