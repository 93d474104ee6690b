// From the coordinator to a node: what it shall run, and how long it may. Values.
//
// Orders tell the whole of it, or what has changed since a version that the node is known to have
// taken over (`base`); the node does what is missing and ends what is ordered no more. So orders
// may be lost, doubled and late: they are repeated until the node says that it has taken them over.
//
// Leases. A node may run workers as long as, within the last `lease`, it has had an answer either
// of the acting coordinator or of a majority of the members (itself counted): then a coordinator
// that is gone stops nobody, and one that is cut off alone can give nobody's work away. The time
// counts from when the report, or the ping, was *sent*. A node whose lease has run out ends its
// workers at once (by SIGKILL): what it ran may be running elsewhere.
// The coordinator gives the work of a silent node away only when enough others have confirmed to
// answer it no more that it cannot find a majority, and `lease` has passed since the last answer
// that it can have got. A node that is lost for sure is no member any more: a majority is one of
// those that are left. A node answers no ping during the first `lease` of its life, as it may have
// confirmed something in the one before.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cluster/model/assignment.hpp"
#include "cluster/model/report.hpp"
#include "cluster/model/submission.hpp"

namespace dnstorm::cluster {

// Nodes that belong to the cluster: each that has ever reported and was not removed.
struct Member {
  std::string name;
  std::string endpoint;  // Report::endpoint
  std::string key;       // its public CURVE key; empty: the cluster uses none
  bool operator==(const Member&) const = default;
};
struct Members {
  std::uint64_t version = 0;
  std::vector<Member> all;
  bool operator==(const Members&) const = default;
};

enum class WorkerPhase : std::uint8_t {
  prepare,  // start the process, open the operators, listen
  run,      // all others are prepared too: begin; `peers` is whole
  drain,    // sources end, what is under way is finished (a kill after its wait)
};

struct Peer {  // a worker of the same incarnation on another node
  std::string node;
  std::string endpoint;
  std::string key;
  bool operator==(const Peer&) const = default;
};

struct WorkerOrder {
  std::string topology;    // id
  std::string submission;  // digest
  Assignment assignment;
  WorkerPhase phase = WorkerPhase::prepare;
  bool active = true;  // false: spouts are not asked for rows
  // The checkpoint that its tasks begin from; 0: none. The states of the node's tasks come as
  // StatePart messages from the coordinator, or lie in the shared folder.
  std::uint64_t restore = 0;
  // Take part in the one of this number: a barrier of it, once. Numbers rise and may leave some
  // out; a number stays until it is complete.
  std::uint64_t checkpoint = 0;
  std::uint64_t saved = 0;  // all up to this one are safe: parts of them need not be kept
  std::vector<Peer> peers;
  bool operator==(const WorkerOrder&) const = default;
};

// Of a worker whose order is otherwise as it was.
struct WorkerUpdate {
  std::string topology;
  std::uint64_t incarnation = 0;
  WorkerPhase phase = WorkerPhase::prepare;
  bool active = true;
  std::uint64_t checkpoint = 0;
  std::uint64_t saved = 0;
  bool operator==(const WorkerUpdate&) const = default;
};

struct Orders {
  std::uint32_t protocol = protocol_version;
  std::uint64_t term = 0;     // of the coordinator's leadership: nodes ignore those of lower ones
  std::uint64_t version = 0;  // rises within a term with every change
  std::uint64_t answers = 0;  // Report::sequence that this answers; 0: none, it renews no lease
  std::string session;        // Report::session of the node it is for
  // Report::content that the coordinator has; 0: none, the node's next report is to be whole.
  std::uint64_t content = 0;
  // The node has taken over this version already: `base` to `submissions` are left out.
  bool unchanged = false;
  DurationNs lease = 0;
  // 0: all is told, other workers end. Else: what has changed since that version.
  std::uint64_t base = 0;
  Members members;                  // version 0: as before
  std::vector<std::string> fenced;  // do not answer these, and say so (Report::fenced)
  std::vector<WorkerOrder> workers;
  std::vector<WorkerUpdate> updates;
  std::vector<std::string> ended;  // topologies of which the node shall run nothing any more
  std::map<std::string, Submission> submissions;  // by digest: those that the node lacks
  std::string refused;  // not empty: the node may not take part, and why (version, clock, name)
  bool operator==(const Orders&) const = default;
};

// Between nodes, while one has no answer of the coordinator.
struct Ping {
  std::string node;
  std::uint64_t sequence = 0;
  bool operator==(const Ping&) const = default;
};
struct Pong {
  std::string node;  // who answers
  std::uint64_t sequence = 0;
  bool operator==(const Pong&) const = default;
};

}  // namespace dnstorm::cluster
