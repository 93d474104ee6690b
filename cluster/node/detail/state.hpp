// What a node remembers; Node's functions are in node.cpp (its talk with the coordinator),
// lease.cpp and workers.cpp.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cluster/node/node.hpp"

namespace dnstorm::cluster {

namespace detail {

struct NodeWorker {
  WorkerOrder order;
  WorkerReport report;
  bool process = false;  // there is one, or may be
  bool spoken = false;   // it has said something: it can be told something
  bool listed = true;    // ordered still
  TimeNs heard = time_min;
  TimeNs kill_at = time_max;
  bool killed = false;
  std::vector<StatePart> early;                                        // before its first word
  std::set<std::uint32_t> given;                                       // tasks, of early too
  std::map<std::pair<std::uint64_t, std::uint32_t>, StatePart> saved;  // by number and task
  // Of last states: the checkpoint ordered when the task ended. One that is complete after that
  // has it.
  std::map<std::uint32_t, std::uint64_t> ended_at;
  TimeNs repeat_at = time_max;
  DurationNs repeat_pause = 0;

  bool stopping() const { return kill_at != time_max || killed; }
  bool over() const { return report.state >= WorkerState::finished; }
};

}  // namespace detail

struct Node::State {
  using Key = std::pair<std::string, std::uint64_t>;  // topology, incarnation

  State(NodeOptions with, TimeNs now) : options(std::move(with)), born(now), next_report(now) {}

  // Where every call begins and ends.
  void begin(TimeNs now);
  void finish(TimeNs now);

  // node.cpp
  void take_over(const Orders& orders, TimeNs now);
  void new_term(const Orders& orders, TimeNs now);
  void take_members(const Members& told);
  void take_workers(const Orders& orders);
  void send_report(TimeNs now);
  Report report_of(TimeNs now);
  std::vector<std::string> submissions_needed() const;
  void say(const char* level, const std::string& topology, std::string text);
  void touch() { ++content; }  // what is reported has changed

  // lease.cpp
  void answered(const Orders& orders, TimeNs now);
  void expire(TimeNs now);
  void ping_others(TimeNs now);
  bool answers_pings_of(const std::string& node, TimeNs now) const;
  std::size_t majority() const { return members.all.size() / 2 + 1; }
  bool is_member(const std::string& node) const;

  // workers.cpp
  void reconcile(TimeNs now);
  void start_missing(const WorkerOrder& order, TimeNs now);
  void update(detail::NodeWorker& worker, const WorkerOrder& order, TimeNs now);
  void stop(detail::NodeWorker& worker, TimeNs now, bool at_once);
  void fail(detail::NodeWorker& worker, const std::string& why);
  void forget_saved(detail::NodeWorker& worker);
  void repeat_states(TimeNs now);
  void kill_overdue(TimeNs now);

  NodeOptions options;
  TimeNs born;
  TimeNs last = 0;             // of this call
  DurationNs wall_offset = 0;  // from the steady clock
  std::string endpoint;

  // Of the coordinator.
  std::uint64_t term = 0;
  std::uint64_t version = 0;
  std::string refused;
  std::map<std::string, WorkerOrder> wanted;  // by topology
  std::map<std::string, Submission> submissions;
  Members members;
  std::vector<std::string> fenced;

  // Of the lease.
  DurationNs lease = 0;
  TimeNs lease_until = time_min;
  TimeNs answered_at = time_min;  // when the newest report was sent that the coordinator answered
  bool alone = false;             // said already: no coordinator answers
  std::deque<std::pair<std::uint64_t, TimeNs>> reports_sent;  // sequence and time
  struct Round {
    std::uint64_t sequence = 0;
    TimeNs sent = 0;
    std::set<std::string> answers;
  };
  std::deque<Round> rounds;
  std::uint64_t ping_sequence = 0;
  TimeNs next_ping = time_min;

  // Of reports.
  std::uint64_t sequence = 0;
  std::uint64_t content = 1;
  std::uint64_t content_reported = 0;   // newest that went out
  std::uint64_t content_confirmed = 0;  // the coordinator has it
  TimeNs next_report;
  TimeNs last_report = time_min / 2;

  std::map<Key, detail::NodeWorker> workers;
  std::map<std::string, std::uint64_t> ended;  // newest incarnation that has ended here
  std::vector<NodeOutput> outputs;
};

}  // namespace dnstorm::cluster
