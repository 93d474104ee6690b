// The shell around the coordinator: reports come in over ZeroMQ, what the machine decides is
// written down and told. Three threads beside the hub's: one that the machine lives on, one that
// writes and reads checkpoints, and with ZooKeeper that of its client.
//
//   auto server = CoordinatorServer::start(setup);   // listens, and leads if it is the only one
//   server->view(); server->submit(...);             // any thread but its own
//   server->stop();                                  // the destructor stops, too
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/coordinator/coordinator.hpp"
#include "cluster/model/checkpoint_note.hpp"
#include "cluster/model/config.hpp"
#include "cluster/model/feed_news.hpp"
#include "cluster/model/mute_order.hpp"
#include "cluster/model/tap_order.hpp"

namespace dnstorm::cluster {

// The states of a checkpoint, by task, for the plan of another assignment. An error: they do not
// fit, and the topology begins anew.
struct CheckpointFit {
  const Submission& submission;
  const PlanChoices& choices;
  const Assignment& assignment;
  const CheckpointNote& note;
  delivery::Checkpoint checkpoint;
};
using FitCheckpoint = std::function<Result<std::vector<std::string>>(CheckpointFit)>;

struct ServerSetup {
  ClusterConfig config;
  std::string version;               // of dnstorm
  Planner* planner = nullptr;        // used on the machine's thread; must outlive the server
  FitCheckpoint fit;                 // used on the thread of checkpoints
  // What workers tell and what is logged, on the machine's thread.
  std::function<void(const WorkerNews&, TimeNs now)> on_news;
  std::function<void(const LogLine&)> on_log;
  // What board sinks show, likewise, while it leads; the answer goes to the worker. What cannot be
  // confirmed yet: confirm().
  std::function<std::optional<FeedAck>(const FeedNews&)> on_feed;
};

class CoordinatorServer {
 public:
  static Result<std::unique_ptr<CoordinatorServer>> start(ServerSetup setup);
  ~CoordinatorServer();
  CoordinatorServer(const CoordinatorServer&) = delete;
  CoordinatorServer& operator=(const CoordinatorServer&) = delete;

  ClusterView view();
  // The name of the coordinator that leads, as the nodes say; "": they have not.
  std::string leader();
  // As Coordinator's.
  Result<SubmitAnswer> submit(Submission submission, SubmitOptions options);
  Result<void> kill(const std::string& topology, std::optional<DurationNs> wait);
  Result<void> activate(const std::string& topology);
  Result<void> deactivate(const std::string& topology);
  Result<void> rebalance(const std::string& topology,
                         const std::map<std::string, std::uint32_t>& executors);
  Result<void> drain(const std::string& node, bool drained);
  Result<void> forget(const std::string& node);
  // Asks the topology's workers for rows, for tap_lease from now on: they come through `on_news`.
  // Does not wait. `over` is called on the machine's thread if there are none any more, with why.
  void tap(TapOrder order, std::function<void(const std::string& why)> over);
  // Tells it to the topology's workers. Does not wait.
  void mute(MuteOrder order);
  // Tells it to the topology's worker on that node, while it leads. Does not wait.
  void confirm(const std::string& node, FeedAck ack);
  void stop();

 private:
  struct State;
  explicit CoordinatorServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::cluster
