// A node (Storm's supervisor) as a pure state machine: orders of the coordinator, words of its
// workers' processes and time in; reports, pings and what is to be done with processes out. A shell
// (cluster/node/agent.hpp) or a simulation stands around it. Used by one thread.
// Every call first ends what the lease no longer covers, so that a process that was stopped for
// long does nothing before that. After every call the shell does what take_outputs() says, in that
// order.
//
// A worker that is ordered is started once in the life of the process: whatever ends it, its end is
// reported as long as it is ordered, and that incarnation is never started here again.
//
// Times are of a steady clock unless said otherwise.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "cluster/model/orders.hpp"
#include "cluster/model/report.hpp"

namespace dnstorm::cluster {

struct NodeOptions {
  std::string version;  // of dnstorm
  std::string name;
  std::string host;
  std::string session;
  // Report::home and start: whoever says a later start in a folder has seen to it (a lock, and
  // workers that are killed first) that nothing of an earlier one is left. Empty: unknown.
  std::string home;
  std::uint64_t start = 0;
  std::vector<std::string> labels;
  double cores = 0;
  std::uint64_t memory = 0;
  DurationNs report_period = 300 * ns_per_ms;
  DurationNs stop_timeout = 10 * ns_per_s;  // from a worker's stop to SIGKILL
  // A worker whose word (worker_says(), the same again) has not been heard for so long is killed;
  // 0: its words are not waited for.
  DurationNs worker_timeout = 0;
};

// What is to be done, in this order.
struct SendReport {
  Report report;
};  // to the coordinators
struct SendPing {
  std::string node;
  Ping ping;
};  // by name of the member
struct SendPong {
  std::string node;
  Pong pong;
};
struct ForwardState {
  StatePart part;
};  // to the coordinator
// Starts a worker's process. Its first word is a WorkerReport (starting). It says `finished` only
// when its peers have all that it has sent them.
struct StartWorker {
  WorkerOrder order;
  Submission submission;
};
struct TellWorker {
  WorkerOrder order;
};  // it has changed
struct GiveState {
  StatePart part;
};  // to the worker: it begins from that
// Ends it: kindly (it reports `stopped`), or at once by SIGKILL.
struct StopWorker {
  std::string topology;
  std::uint64_t incarnation = 0;
  bool at_once = false;
};
struct Note {
  LogLine line;
};  // to the log and the coordinator
using NodeOutput = std::variant<SendReport, SendPing, SendPong, ForwardState, StartWorker,
                                TellWorker, GiveState, StopWorker, Note>;

class Node {
 public:
  Node(NodeOptions options, TimeNs now);
  ~Node();

  // The endpoint on which other nodes reach it; known once its socket is bound.
  void bound(std::string endpoint);
  void take(const Orders& orders, TimeNs now);
  void take(const Ping& ping, TimeNs now);
  void take(const Pong& pong, TimeNs now);
  void take(StatePart part, TimeNs now);  // from the coordinator, for a worker
  // From a worker: its process has said so; `failed` also when it ended without a word.
  void worker_says(WorkerReport report, TimeNs now);
  void worker_saved(StatePart part, TimeNs now);
  // Its process is gone for sure (waitpid).
  void worker_gone(const std::string& topology, std::uint64_t incarnation, const std::string& how,
                   TimeNs now);
  void tick(TimeNs now, TimeNs wall);
  TimeNs next_time() const;
  // Until when its workers may run (a process that outlives it ends itself then).
  TimeNs lease_until() const;
  bool has_coordinator(TimeNs now) const;  // it has answered within the lease

  std::vector<NodeOutput> take_outputs();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::cluster
