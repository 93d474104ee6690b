// Words of users.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "cluster/coordinator/detail/state.hpp"

namespace dnstorm::cluster {

namespace {

Error refused(std::string why, std::string subject = {}) {
  return {ErrorKind::usage, std::move(why), std::move(subject)};
}

Error no_leader() {
  return {ErrorKind::unavailable,
          "this coordinator does not lead: ask another one, or again in a few seconds",
          {}};
}

// Storm's rule for names, which stand in ids, paths and folders.
bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 100 && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

std::vector<std::string> differences(const TopologyShape& before, const TopologyShape& now) {
  std::vector<std::string> changed;
  auto find = [](const TopologyShape& shape, const std::string& id) {
    return std::find_if(shape.components.begin(), shape.components.end(),
                        [&](const ComponentShape& component) { return component.id == id; });
  };
  for (const ComponentShape& component : now.components) {
    auto was = find(before, component.id);
    if (was == before.components.end() || was->digest != component.digest ||
        was->executors != component.executors || was->tasks != component.tasks ||
        !(was->rule == component.rule))
      changed.push_back(component.id);
  }
  for (const ComponentShape& component : before.components)
    if (find(now, component.id) == now.components.end()) changed.push_back(component.id);
  return changed;
}

}  // namespace

// --- submit --------------------------------------------------------------------------------------

Result<SubmitAnswer> Coordinator::submit(Submission submission, SubmitOptions options, TimeNs now,
                                         TimeNs wall) {
  State& state = *state_;
  state.wall = wall;
  if (!state.begin(now)) return no_leader();
  if (!is_name(submission.name))
    return refused(fmt::format("'{}' is no name for a topology: letters, digits, '-', '_' and '.'",
                               submission.name),
                   "name");
  detail::Topology* same = nullptr;
  for (auto& [id, topology] : state.topologies)
    if (topology.record.submission.name == submission.name) same = &topology;
  if (same && !same->finished()) {
    if (options.replace && !same->killed())
      return state.replace(*same, std::move(submission), options);
    return refused(
        fmt::format("AlreadyAlive: a topology '{}' {} ({})", submission.name,
                    same->killed() ? "is being killed: its name is free when that is done"
                                   : "is there already: kill it first, or change it with --replace",
                    same->id()),
        "name");
  }
  auto answer = state.add(std::move(submission), options);
  if (answer.ok() && !options.dry_run && same) {
    // It has come to its end, and leaves its name to the new one.
    same->record.wanted = Wanted::killed;
    state.step(*same);
  }
  state.finish();
  return answer;
}

Result<SubmitAnswer> Coordinator::State::add(Submission submission, const SubmitOptions& with) {
  Topology topology;
  topology.labels = DNSTORM_TRY(planner.labels_per_node(submission));
  topology.digest = digest(submission);
  topology.record.submission = std::move(submission);
  topology.record.submitted = wall;
  topology.record.wanted = with.inactive ? Wanted::inactive : Wanted::active;
  topology.since = topology.status_since = now;
  Draft planned = DNSTORM_TRY(draft(topology, topology.record.submission, false));
  SubmitAnswer answer{{}, planned.assignment, planned.unplaced, {}, planned.shape};
  if (with.dry_run) return answer;
  ++stored.serial;
  answer.id = topology.record.id =
      fmt::format("{}-{}-{}", topology.record.submission.name, stored.serial, wall / ns_per_s);
  save_cluster();
  save(topology);
  say("info", topology.id(), "submitted");
  Topology& added = topologies[answer.id] = std::move(topology);
  step(added);
  if (added.incarnation() != 0) answer.assignment = added.record.assignment;
  return answer;
}

Result<SubmitAnswer> Coordinator::State::replace(Topology& topology, Submission submission,
                                                 const SubmitOptions& with) {
  SubmitAnswer answer{topology.id(), topology.record.assignment, {}, {}, topology.shape};
  const auto& next = topology.record.next;
  const Submission& latest = next.empty() ? topology.record.submission : next.front();
  if (submission == latest) return answer;
  Draft planned = DNSTORM_TRY(draft(topology, submission, false));
  PlanChoices before_choices = planned.assignment.choices;
  auto before = planner.shape(topology.record.submission, before_choices);
  if (planned.unplaced.empty() || !planned.shape.components.empty()) {
    if (before.ok()) answer.changed = differences(*before, planned.shape);
    bool settings_same =
        before.ok() && before->settings == planned.shape.settings && planned.shape.settings != 0;
    if (before.ok() && answer.changed.empty() && settings_same && next.empty()) return answer;
  }
  answer.assignment = planned.assignment;
  answer.shape = planned.shape;
  answer.unplaced = planned.unplaced;
  if (with.dry_run) return answer;
  topology.record.next = {std::move(submission)};
  save(topology);
  ask_change(topology, answer.changed.empty() ? "resubmitted"
                                              : fmt::format("resubmitted, changed: {}",
                                                            fmt::join(answer.changed, ", ")));
  topology.tried = 0;
  step(topology);
  finish();
  return answer;
}

void Coordinator::State::ask_change(Topology& topology, std::string why, DurationNs settle) {
  detail::Change& change = topology.change;
  bool was_settling = !change.why.empty() && now < change.not_before;
  if (change.why.empty() || was_settling) {
    say("info", topology.id(), why);
    change.why = std::move(why);
    change.not_before = now + settle;
  }
  change.tried = 0;
  topology.wake_at(change.not_before);
}

// --- by name or id -------------------------------------------------------------------------------

Result<detail::Topology*> Coordinator::State::find(const std::string& name_or_id) {
  auto by_id = topologies.find(name_or_id);
  if (by_id != topologies.end()) return &by_id->second;
  for (auto& [id, topology] : topologies)
    if (topology.record.submission.name == name_or_id) return &topology;
  return Error{ErrorKind::usage,
               fmt::format("NotAlive: there is no topology '{}' (dnstorm list)", name_or_id),
               "topology"};
}

Result<void> Coordinator::kill(const std::string& topology, std::optional<DurationNs> wait,
                               TimeNs now, TimeNs wall) {
  State& state = *state_;
  state.wall = wall;
  if (!state.begin(now)) return no_leader();
  detail::Topology& of = *DNSTORM_TRY(state.find(topology));
  if (wait && *wait < 0) return refused("the wait of a kill is 0 s or more", "wait");
  DurationNs pause = wait ? *wait : of.shape.message_timeout;
  of.record.wanted = Wanted::killed;
  of.record.kill_at = wall + pause;
  of.kill_at = now + pause;
  of.drains = of.drains && of.stage == detail::Stage::running;
  state.save(of);
  if (of.live()) state.mark(of, State::Mark::light);
  state.say("info", of.id(),
            fmt::format("killed: its sources end in {}", detail::duration_text(pause)));
  state.step(of);
  state.finish();
  return {};
}

namespace {

Result<void> not_over(const detail::Topology& topology) {
  if (topology.killed()) return refused(fmt::format("{} is being killed", topology.id()));
  if (topology.finished()) return refused(fmt::format("{} is finished", topology.id()));
  return {};
}

}  // namespace

Result<void> Coordinator::activate(const std::string& topology, TimeNs now) {
  return want(topology, Wanted::active, now);
}

Result<void> Coordinator::deactivate(const std::string& topology, TimeNs now) {
  return want(topology, Wanted::inactive, now);
}

Result<void> Coordinator::want(const std::string& topology, Wanted wanted, TimeNs now) {
  State& state = *state_;
  if (!state.begin(now)) return no_leader();
  detail::Topology& of = *DNSTORM_TRY(state.find(topology));
  DNSTORM_CHECK(not_over(of));
  if (of.record.wanted != wanted) {
    of.record.wanted = wanted;
    state.save(of);
    if (of.live()) state.mark(of, State::Mark::light);
    state.say("info", of.id(), wanted == Wanted::active ? "activated" : "deactivated");
    state.step(of);
  }
  state.finish();
  return {};
}

Result<void> Coordinator::rebalance(const std::string& topology,
                                    const std::map<std::string, std::uint32_t>& executors,
                                    TimeNs now) {
  State& state = *state_;
  if (!state.begin(now)) return no_leader();
  detail::Topology& of = *DNSTORM_TRY(state.find(topology));
  DNSTORM_CHECK(not_over(of));
  for (const auto& [id, number] : executors) {
    auto component = std::find_if(of.shape.components.begin(), of.shape.components.end(),
                                  [&, name = id](const auto& one) { return one.id == name; });
    if (component == of.shape.components.end())
      return refused(fmt::format("{} has no component '{}'", of.id(), id), id);
    if (component->rule.per_node)
      return refused(fmt::format("'{}' has an executor on each of its nodes: their number is "
                                 "that of the nodes",
                                 id),
                     id);
    if (number == 0 || number > component->tasks)
      return refused(fmt::format("'{}' has {} tasks: it may have 1 to {} executors, not {}", id,
                                 component->tasks, component->tasks, number),
                     id);
  }
  auto before = of.record.executors;
  for (const auto& [id, number] : executors) of.record.executors[id] = number;
  auto shape = state.planner.shape(
      of.record.submission, {of.record.assignment.choices.nodes_by_label, of.record.executors});
  if (!shape.ok()) {
    of.record.executors = std::move(before);
    return std::move(shape.error());
  }
  state.save(of);
  of.change.spread = executors.empty() || of.change.spread;
  state.ask_change(of, executors.empty() ? "rebalanced" : "rebalanced: other numbers of executors");
  of.tried = 0;
  state.step(of);
  state.finish();
  return {};
}

// --- nodes ---------------------------------------------------------------------------------------

Result<void> Coordinator::drain(const std::string& node, bool drained, TimeNs now) {
  State& state = *state_;
  if (!state.begin(now)) return no_leader();
  auto found = state.nodes.find(node);
  if (found == state.nodes.end())
    return refused(fmt::format("there is no node '{}' (dnstorm status)", node), "node");
  if (found->second.drained != drained) {
    found->second.drained = drained;
    auto& names = state.stored.drained;
    names.erase(std::remove(names.begin(), names.end(), node), names.end());
    if (drained) names.push_back(node);
    std::sort(names.begin(), names.end());
    state.save_cluster();
    state.say("info", "", drained ? "drained: it gets no work" : "gets work again", node);
    ++state.epoch;
    for (auto& [id, topology] : state.topologies)
      if (drained && topology.live() && topology.record.processes.count(node))
        state.ask_change(topology, fmt::format("the node {} is drained", node));
  }
  state.finish();
  return {};
}

Result<void> Coordinator::forget(const std::string& node, TimeNs now) {
  State& state = *state_;
  if (!state.begin(now)) return no_leader();
  auto found = state.nodes.find(node);
  if (found == state.nodes.end())
    return refused(fmt::format("there is no node '{}' (dnstorm status)", node), "node");
  if (found->second.alive())
    return refused(fmt::format("{} is alive: stop it first", node), "node");
  if (found->second.member) state.lose(found->second);
  auto& names = state.stored.lost;
  names.erase(std::remove(names.begin(), names.end(), node), names.end());
  state.say("warning", "", "forgotten: it is told by a user that nothing of it runs", node);
  state.nodes.erase(found);
  state.publish_members();
  ++state.epoch;
  state.finish();
  return {};
}

}  // namespace dnstorm::cluster
