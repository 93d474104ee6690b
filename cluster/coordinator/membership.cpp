// Nodes: who takes part, who is heard.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "cluster/coordinator/detail/state.hpp"

namespace dnstorm::cluster {

namespace {

// Nodes that begin together make one change of the members.
constexpr DurationNs members_pause = 200 * ns_per_ms;
constexpr DurationNs remark_time = 10 * ns_per_s;

void keep(std::vector<std::string>& names, const std::string& name, bool in) {
  names.erase(std::remove(names.begin(), names.end(), name), names.end());
  if (!in) return;
  names.push_back(name);
  std::sort(names.begin(), names.end());
}

bool in_order(const WorkerReport& a, const WorkerReport& b) {
  return std::tie(a.topology, a.incarnation) < std::tie(b.topology, b.incarnation);
}

// The oldest of a topology.
const WorkerReport* find_worker(const std::vector<WorkerReport>& workers, const std::string& id) {
  WorkerReport key;
  key.topology = id;
  auto found = std::lower_bound(workers.begin(), workers.end(), key, in_order);
  return found != workers.end() && found->topology == id ? &*found : nullptr;
}

}  // namespace

// --- reports -------------------------------------------------------------------------------------

void Coordinator::State::take(const Report& report) {
  auto found = nodes.find(report.node);
  NodeEntry* entry = found != nodes.end() ? &found->second : nullptr;
  if (entry) {
    // Late ones: doubled, overtaken, or of a process before this one.
    if (report.session == entry->report.session && report.sequence <= entry->report.sequence)
      return;
    if (entry->report.process().succeeds(report.process())) return;
    // The ways to others may take a moment longer to come back.
    if (hears_too_few()) listening_since = now;
    entry->last_word = now;
  }
  if (std::string why = objection(report, entry); !why.empty()) return refuse(report, why);
  if (std::string why = process_in_the_way(report); !why.empty()) return refuse(report, why);
  accept(nodes[report.node], report);
}

std::string Coordinator::State::objection(const Report& report, const NodeEntry* entry) const {
  if (report.node.empty()) return "it has no name";
  if (report.protocol < protocol_version_oldest || report.protocol > protocol_version + 1)
    return fmt::format(
        "it speaks version {} of the protocol (dnstorm {}), the coordinator {} to {} (dnstorm {}): "
        "install the same version of dnstorm",
        report.protocol, report.version, protocol_version_oldest, protocol_version,
        options.version);
  if (!options.keys.empty() && !options.keys.count(report.node))
    return "its name is not among those that may take part: add its key to the coordinator's file";
  // A clock that steps later takes nothing from a node that is at work.
  bool taking_part = entry && entry->refused.empty() && (entry->member || entry->heard_of);
  DurationNs off = report.wall - wall;
  if (!taking_part && (off > options.clock_skew_max || off < -options.clock_skew_max))
    return fmt::format("its clock is {} {} the coordinator's: set it (NTP)",
                       detail::duration_text(off), off < 0 ? "behind" : "ahead of");
  return {};
}

// Another process of that name, of which it is not known that it is gone with all its workers.
std::string Coordinator::State::process_in_the_way(const Report& report) const {
  auto found = nodes.find(report.node);
  if (found == nodes.end() || found->second.lost) return {};
  const NodeEntry& entry = found->second;
  auto blocked = [&](const NodeProcess& other) {
    return report.session != other.session && !report.process().succeeds(other);
  };
  if (entry.heard_of && entry.refused.empty()) {
    if (!blocked(entry.report.process())) return {};
    return fmt::format(
        "a node '{}' takes part already (on {}): give this one another name; if "
        "that one is gone, this one is let in when its lease is over",
        report.node, entry.report.host);
  }
  for (const auto& [id, topology] : topologies) {
    if (topology.stage == Stage::idle) continue;
    auto ran = topology.record.processes.find(report.node);
    if (ran != topology.record.processes.end() && blocked(ran->second))
      return fmt::format(
          "another process of the node '{}' may still be running a part of '{}': "
          "this one is let in when that one's lease is over",
          report.node, topology.record.submission.name);
  }
  return {};
}

void Coordinator::State::refuse(const Report& report, const std::string& why) {
  NodeEntry& entry = nodes[report.node];
  bool takes_part = (entry.heard_of || entry.member) && entry.refused.empty();
  if (takes_part) {
    // Of another process under the name of one that takes part.
    if (now >= entry.remark_until) say("error", "", "refused: " + why, report.node);
    entry.remark = fmt::format("another node of this name (on {}) is refused", report.host);
    entry.remark_until = now + remark_time;
  } else {
    if (entry.refused != why) say("error", "", "refused: " + why, report.node);
    entry.refused = why;
    entry.report = report;
    entry.heard = now;
  }
  Orders orders;
  orders.term = term;
  orders.session = report.session;
  orders.refused = why;
  outputs.emplace_back(Send{report.node, std::move(orders)});
}

void Coordinator::State::accept(NodeEntry& entry, const Report& report) {
  bool first = !entry.heard_of || entry.report.session != report.session || entry.lost ||
               !entry.refused.empty();
  if (entry.fencing) unfence(entry);
  if (first) first_word(entry, report);
  entry.heard = entry.last_word = now;
  DurationNs off = report.wall - wall;
  bool skewed = off > options.clock_skew_max || off < -options.clock_skew_max;
  entry.skewed = skewed ? entry.skewed + 1 : 0;
  // A single report may just have been long on its way.
  if (entry.skewed >= 3) {
    entry.remark = fmt::format("its clock is {} {} the coordinator's: set it (NTP)",
                               detail::duration_text(off), off < 0 ? "behind" : "ahead of");
    if (now >= entry.remark_until) say("warning", "", entry.remark, report.node);
    entry.remark_until = now + remark_time;
  }
  bool news = !report.unchanged && (first || report.content != entry.report.content);
  if (report.unchanged && report.content == entry.report.content) {
    entry.report.sequence = report.sequence;
    entry.report.wall = report.wall;
  } else if (!report.unchanged) {
    if (news)
      take_content(entry, report);
    else
      entry.report = report;
  } else {
    entry.report.sequence = report.sequence;
    entry.report.content = 0;  // it is asked for the whole
  }
  entry.owed = report.sequence;
  touched.insert(report.node);
  if (first) step_topologies_of(report.node);
}

void Coordinator::State::first_word(NodeEntry& entry, const Report& report) {
  bool known = entry.heard_of && entry.report.session != report.session;
  if (entry.lost || !entry.member)
    say("info", "",
        fmt::format("joins: {}, dnstorm {}, labels [{}]", report.host, report.version,
                    fmt::join(report.labels, ", ")),
        report.node);
  else if (known)
    say("warning", "", "was started anew", report.node);
  // Nothing of what was known of it holds.
  entry.report = Report{};
  entry.report.node = report.node;
  entry.report.session = report.session;
  entry.report.home = report.home;
  entry.report.start = report.start;
  entry.heard_of = true;
  entry.refused.clear();
  if (entry.lost) {
    entry.lost = false;
    entry.member = false;
    keep(stored.lost, report.node, false);
  }
  if (entry.joined == time_min || !entry.member || known) entry.joined = now;
  // A process that is new knows of no members but those that it is told from now on.
  entry.members_floor = known || !entry.member ? stored.members_version : 0;
  // What it was told may have been told to another.
  entry.reset = entry.version = ++newest;
  entry.news = true;
  if (!entry.member) members_dirty = true;
  ++epoch;
}

void Coordinator::State::take_content(NodeEntry& entry, const Report& report) {
  bool place_changes = entry.report.labels != report.labels || entry.report.cores != report.cores ||
                       entry.report.memory != report.memory;
  if (entry.report.endpoint != report.endpoint) members_dirty = true;
  auto before = std::exchange(entry.report, report);
  std::sort(entry.report.workers.begin(), entry.report.workers.end(), in_order);
  if (report.members <= stored.members_version)
    entry.members_floor = std::max(entry.members_floor, report.members);
  if (place_changes) ++epoch;
  forget_former();
  forget_ended_slots(entry);
  // Of those that have not changed only they have news that wait for its word.
  for (auto& [id, topology] : topologies) {
    if (topology.stage == Stage::idle || !topology.record.processes.count(report.node)) continue;
    const WorkerReport* was = find_worker(before.workers, id);
    const WorkerReport* is = find_worker(entry.report.workers, id);
    bool same = (was && is) ? *was == *is : was == is;
    if (!same || topology.stage == Stage::ending || before.session != report.session ||
        before.content == 0)
      step(topology);
  }
  look_after_fences();
}

void Coordinator::State::step_topologies_of(const std::string& node) {
  for (auto& [id, topology] : topologies)
    if (topology.stage != Stage::idle && topology.record.processes.count(node)) step(topology);
  look_after_fences();
}

void Coordinator::State::look_after_fences() {
  // Who confirms a fence may be the last one that was missing.
  for (auto& [name, entry] : nodes)
    if (entry.fencing) look_after_fence(entry);
}

// --- members -------------------------------------------------------------------------------------

// Whether it is rather this coordinator that is cut off. With three members and more, one that so
// many others may still hear could not be given up anyway.
bool Coordinator::State::hears_too_few() const {
  std::size_t members = 0;
  std::size_t silent = 0;
  for (const auto& [name, entry] : nodes) {
    if (!entry.member || entry.lost) continue;
    ++members;
    if (now - std::max(entry.last_word, listening_since) >= options.node_timeout / 2) ++silent;
  }
  constexpr std::size_t members_min = 3;
  return members >= members_min && 2 * silent > members;
}

void Coordinator::State::look_after_nodes() {
  const bool cut_off = hears_too_few();
  for (auto& [name, entry] : nodes) {
    if (!entry.member || entry.lost) continue;
    if (entry.fencing)
      look_after_fence(entry);
    else if (!cut_off && now - std::max(entry.heard, listening_since) >= options.node_timeout)
      fence(entry);
  }
  if (members_dirty && now >= members_next) admit();
}

void Coordinator::State::admit() {
  for (auto& [name, entry] : nodes) {
    if (entry.member || !entry.heard_of || entry.lost || !entry.refused.empty()) continue;
    entry.member = true;
    keep(stored.members, name, true);
    ++epoch;
  }
  publish_members();
}

// A new version of the members: written down, with what some may still go by, then told.
void Coordinator::State::publish_members() {
  members_dirty = false;
  members_next = now + members_pause;
  ++stored.members_version;
  if (stored.former.empty() || stored.former.back().names != stored.members)
    stored.former.push_back({stored.members_version, stored.members});
  save_cluster();
  mark_all();
}

// Sets that no member goes by any more.
void Coordinator::State::forget_former() {
  std::uint64_t floor = stored.members_version;
  for (const auto& [name, entry] : nodes)
    if (entry.member) floor = std::min(floor, entry.members_floor);
  while (stored.former.size() > 1 && stored.former[1].version <= floor)
    stored.former.erase(stored.former.begin());
}

}  // namespace dnstorm::cluster
