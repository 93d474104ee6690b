// Its workers: started, told, ended; their states on the way.
#include <fmt/format.h>

#include <algorithm>

#include "cluster/node/detail/state.hpp"

namespace dnstorm::cluster {

using detail::NodeWorker;

namespace {

constexpr DurationNs repeat_pause_first = 2 * ns_per_s;
constexpr DurationNs repeat_pause_max = 30 * ns_per_s;

}  // namespace

// --- what workers say ----------------------------------------------------------------------------

void Node::worker_says(WorkerReport report, TimeNs now) {
  state_->begin(now);
  auto found = state_->workers.find({report.topology, report.incarnation});
  if (found != state_->workers.end() && found->second.process) {
    NodeWorker& worker = found->second;
    worker.heard = now;
    if (!worker.spoken) {
      worker.spoken = true;
      state_->outputs.emplace_back(TellWorker{worker.order});
      for (StatePart& part : worker.early) state_->outputs.emplace_back(GiveState{std::move(part)});
      worker.early.clear();
    }
    report.checkpoint = worker.order.checkpoint;
    // A word of a state before the newest one is late.
    if (!worker.over() && report.state >= worker.report.state && report != worker.report) {
      bool failed = report.state == WorkerState::failed;
      if (failed) state_->say("error", report.topology, "its worker failed: " + report.error);
      worker.report = std::move(report);
      state_->touch();
      if (failed) state_->stop(worker, now, false);
    }
  }
  state_->finish(now);
}

void Node::worker_saved(StatePart part, TimeNs now) {
  state_->begin(now);
  auto found = state_->workers.find({part.topology, part.incarnation});
  if (found != state_->workers.end() &&
      (part.number == 0 || part.number > found->second.order.saved)) {
    NodeWorker& worker = found->second;
    if (part.number == 0) worker.ended_at.emplace(part.task, worker.order.checkpoint);
    if (worker.repeat_at == time_max) {
      worker.repeat_pause = repeat_pause_first;
      worker.repeat_at = now + worker.repeat_pause;
    }
    state_->outputs.emplace_back(ForwardState{part});
    worker.saved.insert_or_assign({part.number, part.task}, std::move(part));
  }
  state_->finish(now);
}

void Node::worker_gone(const std::string& topology, std::uint64_t incarnation,
                       const std::string& how, TimeNs now) {
  state_->begin(now);
  auto found = state_->workers.find({topology, incarnation});
  if (found != state_->workers.end() && found->second.process) {
    NodeWorker& worker = found->second;
    worker.process = false;
    if (!worker.over()) {
      if (worker.listed)
        state_->say("error", topology, fmt::format("its worker has ended: {}", how));
      state_->fail(worker,
                   fmt::format("its worker on {} has ended: {}", state_->options.name, how));
    }
    state_->touch();
    state_->reconcile(now);
  }
  state_->finish(now);
}

void Node::take(StatePart part, TimeNs now) {
  state_->begin(now);
  auto found = state_->workers.find({part.topology, part.incarnation});
  if (found != state_->workers.end() && found->second.process &&
      found->second.report.state == WorkerState::starting &&
      found->second.order.restore == part.number && found->second.given.insert(part.task).second) {
    if (found->second.spoken)
      state_->outputs.emplace_back(GiveState{std::move(part)});
    else
      found->second.early.push_back(std::move(part));
  }
  state_->finish(now);
}

// --- what the coordinator wants ------------------------------------------------------------------

void Node::State::reconcile(TimeNs now) {
  for (auto& [key, worker] : workers) {
    auto order = wanted.find(key.first);
    bool listed = order != wanted.end() && order->second.assignment.incarnation == key.second;
    if (worker.listed && !listed && worker.process && !worker.stopping()) stop(worker, now, false);
    worker.listed = worker.listed && listed;
  }
  for (auto at = workers.begin(); at != workers.end();) {
    if (at->second.listed || at->second.process) {
      ++at;
      continue;
    }
    std::uint64_t& newest = ended[at->first.first];
    newest = std::max(newest, at->first.second);
    at = workers.erase(at);
    touch();
  }
  for (const auto& [topology, order] : wanted) {
    auto worker = workers.find({topology, order.assignment.incarnation});
    if (worker != workers.end())
      update(worker->second, order, now);
    else
      start_missing(order, now);
  }
  auto needed = submissions_needed();
  auto before = submissions.size();
  for (auto at = submissions.begin(); at != submissions.end();)
    at = std::binary_search(needed.begin(), needed.end(), at->first) ? std::next(at)
                                                                     : submissions.erase(at);
  if (submissions.size() != before) touch();
}

std::vector<std::string> Node::State::submissions_needed() const {
  std::vector<std::string> needed;
  for (const auto& [topology, order] : wanted) needed.push_back(order.submission);
  for (const auto& [key, worker] : workers) needed.push_back(worker.order.submission);
  std::sort(needed.begin(), needed.end());
  return needed;
}

void Node::State::start_missing(const WorkerOrder& order, TimeNs now) {
  const std::string& topology = order.topology;
  std::uint64_t incarnation = order.assignment.incarnation;
  auto before = ended.find(topology);
  bool was_here = before != ended.end() && before->second >= incarnation;
  if (!was_here) {
    if (now >= lease_until || !submissions.count(order.submission)) return;
    // Of an older incarnation: first it goes.
    auto other = workers.lower_bound({topology, 0});
    if (other != workers.end() && other->first.first == topology) return;
  }
  NodeWorker worker;
  worker.order = order;
  worker.report.topology = topology;
  worker.report.incarnation = incarnation;
  worker.report.checkpoint = order.checkpoint;
  if (was_here) {
    fail(worker, fmt::format("its worker on {} has ended before", options.name));
  } else {
    worker.process = true;
    say("info", topology, fmt::format("starting its worker (incarnation {})", incarnation));
    outputs.emplace_back(StartWorker{order, submissions.at(order.submission)});
  }
  workers.emplace(Key{topology, incarnation}, std::move(worker));
  touch();
}

void Node::State::update(NodeWorker& worker, const WorkerOrder& order, TimeNs now) {
  WorkerOrder next = order;
  // A new coordinator learns how far an incarnation is from the reports: nothing goes back.
  next.phase = std::max(order.phase, worker.order.phase);
  next.checkpoint = std::max(order.checkpoint, worker.order.checkpoint);
  next.saved = std::max(order.saved, worker.order.saved);
  next.restore = worker.order.restore;
  if (next.phase == worker.order.phase && next.peers.empty()) next.peers = worker.order.peers;
  if (next == worker.order) return;
  worker.order = std::move(next);
  forget_saved(worker);
  if (worker.report.checkpoint < worker.order.checkpoint) {
    worker.report.checkpoint = worker.order.checkpoint;
    touch();
  }
  if (worker.process && worker.spoken && !worker.stopping() && now < lease_until)
    outputs.emplace_back(TellWorker{worker.order});
}

void Node::State::stop(NodeWorker& worker, TimeNs now, bool at_once) {
  if (!worker.process || worker.killed) return;
  worker.killed = at_once;
  worker.kill_at = at_once ? time_max : std::min(worker.kill_at, now + options.stop_timeout);
  outputs.emplace_back(StopWorker{worker.report.topology, worker.report.incarnation, at_once});
}

void Node::State::fail(NodeWorker& worker, const std::string& why) {
  worker.report.state = WorkerState::failed;
  worker.report.error = why;
  touch();
}

void Node::State::kill_overdue(TimeNs now) {
  for (auto& [key, worker] : workers) {
    bool silent = options.worker_timeout > 0 && worker.process && worker.spoken &&
                  !worker.stopping() && now - worker.heard >= options.worker_timeout;
    if (silent) {
      std::string why = fmt::format("its worker on {} has said nothing for {}", options.name,
                                    format_duration(options.worker_timeout));
      say("error", key.first, why + ": killed");
      stop(worker, now, true);
      if (!worker.over()) fail(worker, why);
    }
    if (worker.process && !worker.killed && now >= worker.kill_at) {
      say("warning", key.first,
          fmt::format("its worker does not end within {}: killed",
                      format_duration(options.stop_timeout)));
      stop(worker, now, true);
    }
  }
}

// --- states of checkpoints -----------------------------------------------------------------------

void Node::State::forget_saved(NodeWorker& worker) {
  for (auto at = worker.saved.begin(); at != worker.saved.end();) {
    std::uint64_t number = at->first.first;
    at = number != 0 && number <= worker.order.saved ? worker.saved.erase(at) : std::next(at);
  }
  if (worker.saved.empty()) worker.repeat_at = time_max;
}

// Repeated with growing pauses: one may have been lost on the way, or with a coordinator. Last
// states that a complete checkpoint has are kept for the next coordinator only.
void Node::State::repeat_states(TimeNs now) {
  for (auto& [key, worker] : workers) {
    if (now < worker.repeat_at) continue;
    bool all = worker.repeat_pause == 0;
    bool any = false;
    for (const auto& [of, part] : worker.saved) {
      bool confirmed = of.first == 0 && worker.order.saved > worker.ended_at[of.second];
      if (!all && confirmed) continue;
      outputs.emplace_back(ForwardState{part});
      any = any || !confirmed;
    }
    worker.repeat_pause =
        all ? repeat_pause_first : std::min(worker.repeat_pause * 2, repeat_pause_max);
    worker.repeat_at = any || all ? now + worker.repeat_pause : time_max;
  }
}

}  // namespace dnstorm::cluster
