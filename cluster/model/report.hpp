// From a node to the coordinator: what the node is and what it runs. The whole of it each time, a
// few times a second, so that a lost one does no harm and a new coordinator knows all after one
// round. Values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/time.hpp"

namespace dnstorm::cluster {

// Of this header's and orders.hpp's messages. Nodes of neighbouring numbers work together: fields
// that a reader does not know are passed over, those that it misses keep their defaults.
inline constexpr std::uint32_t protocol_version = 1;
inline constexpr std::uint32_t protocol_version_oldest = 1;  // that is still understood

enum class WorkerState : std::uint8_t {
  starting,  // the process is there, or being started
  prepared,  // operators are open, the data socket listens: `endpoint` holds
  running,
  finished,  // all of its tasks have come to their end
  failed,    // it has ended with an error, or was killed: `error`
  stopped,   // it has ended because it was told to
};

// Rows over an edge between two tasks of which one runs here: what one worker has sent, another has
// received.
struct EdgeRows {
  std::uint32_t from = 0;  // tasks of the plan
  std::uint32_t to = 0;
  bool sent = false;  // `from` runs here; otherwise `to` does
  std::uint64_t rows = 0;
  bool operator==(const EdgeRows&) const = default;
};

// A process of a node. A later start in the same home means that the earlier ones are gone, and
// with them all workers that they had.
struct NodeProcess {
  std::string session;  // one of its own for each
  std::string home;     // names its folder; empty: nothing is known
  std::uint64_t start = 0;
  bool operator==(const NodeProcess&) const = default;

  bool succeeds(const NodeProcess& other) const {
    return !home.empty() && home == other.home && start > other.start;
  }
};

struct WorkerReport {
  std::string topology;  // id
  std::uint64_t incarnation = 0;
  WorkerState state = WorkerState::starting;
  std::string endpoint;  // of its data socket: tcp://10.0.0.2:40123
  std::int64_t pid = 0;
  std::uint64_t checkpoint = 0;  // the newest that it was told to take part in
  std::string error;
  std::vector<EdgeRows> rows;  // of a finished one: edges to and from other workers that had any
  bool operator==(const WorkerReport&) const = default;
};

// Of the finished workers of an incarnation: empty, or an edge on which other rows were received
// than sent.
std::string torn_edge(const std::vector<WorkerReport>& workers);

struct Report {
  std::uint32_t protocol = protocol_version;
  std::string version;  // of dnstorm
  std::string node;     // its name, unique in the cluster
  std::string session;  // of this process: another one has another
  std::string home;     // NodeProcess
  std::uint64_t start = 0;
  std::uint64_t sequence = 0;
  std::string leader;  // the coordinator whose orders it follows; for those that wait
  TimeNs wall = 0;     // its clock, since 1970
  // Rises with every change of what is told below. Once Orders::content has confirmed it, a report
  // without news is short: `unchanged`, and all below is left out.
  std::uint64_t content = 0;
  bool unchanged = false;
  std::string host;
  std::string endpoint;  // of the socket on which it answers other nodes (Ping)
  std::vector<std::string> labels;
  double cores = 0;                 // 0: not limited
  std::uint64_t memory = 0;         // bytes; 0: not limited
  std::uint64_t term = 0;           // Orders::term of the newest orders taken over
  std::uint64_t orders = 0;         // their Orders::version
  std::uint64_t members = 0;        // Members::version that it knows
  std::vector<std::string> fenced;  // whose pings it does not answer any more
  std::vector<WorkerReport> workers;
  std::vector<std::string> submissions;  // digests of those that it has
  bool operator==(const Report&) const = default;

  NodeProcess process() const { return {session, home, start}; }
};

// A worker's part of a checkpoint; from a node to the coordinator. Repeated after a reconnect until
// WorkerOrder::saved covers it.
struct StatePart {
  std::string topology;
  std::uint64_t incarnation = 0;
  std::uint64_t number = 0;  // of the checkpoint; 0: the last state of a task that has ended
  std::uint32_t task = 0;
  std::string bytes;
  bool operator==(const StatePart&) const = default;
};

// What happened, for the log that the coordinator keeps of all nodes.
struct LogLine {
  TimeNs wall = 0;
  std::string node;
  std::string topology;  // empty: of the node itself
  std::string level;     // error | warning | info
  std::string text;
  bool operator==(const LogLine&) const = default;
};

// What a worker tells beside its state, as text that only its reader understands.
struct WorkerNews {
  std::string node;
  std::string topology;
  std::uint64_t incarnation = 0;
  // "stats": JSON of its tasks' numbers; "tap:ID": lines of that tap (tap_order.hpp)
  std::string kind;
  std::string text;
  bool operator==(const WorkerNews&) const = default;
};

}  // namespace dnstorm::cluster
