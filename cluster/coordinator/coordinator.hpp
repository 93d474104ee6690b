// The coordinator (Storm's nimbus) as a pure state machine: reports of nodes, words of users and
// time in; orders, writes and log lines out. It knows no socket, clock, thread or file; a shell
// (cluster/coordinator/server.hpp) or a simulation stands around it. Used by one thread.
//
// Life: lead() with what the store holds -> take(), tick(), submit(), ... -> step_down(), and
// again. Before it leads it answers reports with nothing. After every call the shell asks
// take_outputs() and does first the writes, in order, then the rest; if a write fails nothing of
// what follows may be sent: the shell calls step_down(), and lead() with what the store holds once
// it works again.
//
// A leader's lead() comes only after the acting_until() of all leaders before it; terms rise.
//
// What it sees to is told in cluster/model/orders.hpp (leases), assignment.hpp (incarnations) and
// docs/cluster.md. Times are of a steady clock unless said otherwise.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cluster/model/orders.hpp"
#include "cluster/model/record.hpp"
#include "cluster/model/report.hpp"
#include "cluster/model/shape.hpp"
#include "engine/delivery/checkpointer.hpp"

namespace dnstorm::cluster {

struct CoordinatorOptions {
  std::string version;                          // of dnstorm
  DurationNs node_timeout = 3 * ns_per_s;       // silent for so long, a node is lost
  DurationNs lease = 3 * ns_per_s;              // Orders::lease
  DurationNs clock_skew_max = 500 * ns_per_ms;  // a node's clock may be off by so much
  DurationNs join_settle = 2 * ns_per_s;   // nodes that join so close to each other make one change
  DurationNs change_wait = 30 * ns_per_s;  // a planned change waits so long for a checkpoint
  DurationNs drain_timeout = 60 * ns_per_s;   // a killed topology may work off what is under way
  DurationNs launch_timeout = 60 * ns_per_s;  // from an order to `prepared`
  DurationNs restart_pause_first = 500 * ns_per_ms;  // before a topology that failed is tried again
  DurationNs restart_pause_max = 30 * ns_per_s;
  // How long a per-node component of a lost node is waited for before the topology goes on without
  // that node.
  DurationNs absence_max = 60 * ns_per_s;
  std::map<std::string, std::string> keys;  // public keys of nodes that may take part, by name
};

// What is to be done, in this order.
struct SaveRecord {
  TopologyRecord record;
};
struct RemoveRecord {
  std::string topology;
};
struct SaveCluster {
  StoredState state;
};  // without topologies
struct Send {
  std::string node;
  Orders orders;
};
struct SendState {
  std::string node;
  StatePart part;
};  // of a checkpoint that a worker begins from
// To be written, then checkpoint_written() called.
struct WriteCheckpoint {
  std::string topology;
  std::uint64_t fingerprint = 0;
  std::vector<ComponentShape> layout;  // of its states
  Assignment assignment;               // of the incarnation that took it
  delivery::Checkpoint checkpoint;
};
// To be read, then checkpoint_read() called: `number` of a topology, fitted to another plan.
struct ReadCheckpoint {
  std::string topology;
  std::uint64_t number = 0;
  PlanChoices choices;    // of the plan that it is for
  Assignment assignment;  // likewise
};
struct RemoveCheckpoints {
  std::string topology;
};
struct Say {
  LogLine line;
};
using Output = std::variant<SaveRecord, RemoveRecord, SaveCluster, Send, SendState, WriteCheckpoint,
                            ReadCheckpoint, RemoveCheckpoints, Say>;

struct SubmitOptions {
  bool inactive = false;
  bool dry_run = false;
  bool replace = false;  // a topology of that name is changed to this (resubmit)
};
struct SubmitAnswer {
  std::string id;
  Assignment assignment;              // as it would be, or is
  std::vector<std::string> unplaced;  // reasons: it waits for these
  std::vector<std::string> changed;   // components that differ from what runs (replace)
  TopologyShape shape;                // of the plan that the assignment is for
};

// What is shown of a topology, a node.
enum class TopologyStatus : std::uint8_t {
  waiting,   // no place for all of it: `reason`
  starting,  // workers are being started, or restarted
  active,
  inactive,
  rebalancing,  // an incarnation ends so that another may begin
  killed,       // its sources end
  finished,     // all of its input is worked off
  failed,       // its workers end with an error; it is tried again at intervals: `reason`
};
struct TopologyView {
  TopologyRecord record;
  TopologyStatus status = TopologyStatus::waiting;
  std::string reason;
  TimeNs since = 0;  // this status
  TopologyShape shape;
  std::vector<WorkerReport> workers;  // with `node` beside, same order
  std::vector<std::string> worker_nodes;
  std::uint64_t restarts = 0;
  std::string last_restart;  // why
};
enum class NodeStatus : std::uint8_t { alive, silent, fencing, lost, draining, refused };
struct NodeView {
  Report report;
  NodeStatus status = NodeStatus::alive;
  TimeNs heard = 0;
  TimeNs joined = 0;
  double cores_used = 0;
  std::uint64_t memory_used = 0;
  std::string reason;
};
struct ClusterView {
  bool leads = false;
  std::uint64_t term = 0;
  std::vector<TopologyView> topologies;
  std::vector<NodeView> nodes;
};

class Coordinator {
 public:
  // `planner` must outlive it.
  Coordinator(CoordinatorOptions options, Planner& planner);
  ~Coordinator();

  void lead(std::uint64_t term, StoredState stored, TimeNs now, TimeNs wall);
  // It may act until then and does nothing later: an election that ends by a time-out (a session
  // of ZooKeeper) says so again and again, early enough that nobody else leads before. A process
  // that was stopped for long finds out by this. Without an election: never called, for ever.
  void acting_until(TimeNs until);
  void step_down();
  bool leads() const;

  void take(const Report& report, TimeNs now, TimeNs wall);
  void take(StatePart part, TimeNs now);
  void checkpoint_written(const std::string& topology, std::uint64_t number,
                          const Result<void>& how, TimeNs now);
  // The states by task; tasks without one begin anew.
  void checkpoint_read(const std::string& topology, std::uint64_t number,
                       Result<std::vector<std::string>> states, TimeNs now);
  void tick(TimeNs now, TimeNs wall);
  TimeNs next_time() const;  // when tick() has something to do; time_max: never

  // Words of users. By name or id.
  Result<SubmitAnswer> submit(Submission submission, SubmitOptions options, TimeNs now,
                              TimeNs wall);
  Result<void> kill(const std::string& topology, std::optional<DurationNs> wait, TimeNs now,
                    TimeNs wall);
  Result<void> activate(const std::string& topology, TimeNs now);
  Result<void> deactivate(const std::string& topology, TimeNs now);
  Result<void> rebalance(const std::string& topology,
                         const std::map<std::string, std::uint32_t>& executors, TimeNs now);
  Result<void> drain(const std::string& node, bool drained, TimeNs now);
  Result<void> forget(const std::string& node, TimeNs now);  // a lost node is no member any more

  ClusterView view(TimeNs now) const;
  std::vector<Output> take_outputs();

 private:
  Result<void> want(const std::string& topology, Wanted wanted, TimeNs now);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::cluster
