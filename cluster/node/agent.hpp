// The shell around a node's machine: speaks with coordinators and other nodes over ZeroMQ, starts
// workers as processes and hears of their ends. One thread that the machine lives on, beside the
// hub's and one for each worker's process.
//
//   auto agent = Agent::start(setup);   // listens, and reports from then on
//   agent->stop();                      // ends all workers; the destructor stops, too
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cluster/model/config.hpp"
#include "cluster/model/report.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cluster {

struct AgentSetup {
  ClusterConfig config;
  std::string version;  // of dnstorm
  // The program of a worker with its arguments, but for what belongs to the node's configuration.
  std::vector<std::string> worker;
  std::function<void(const LogLine&)> on_log;  // on the machine's thread
};

// Of a node's folder: workers hold a shared lock on it, so that the next node that begins in the
// folder knows when the last of them is gone.
std::string worker_lock_file(const std::string& folder);

class Agent {
 public:
  static Result<std::unique_ptr<Agent>> start(AgentSetup setup);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  void stop();

 private:
  struct State;
  explicit Agent(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::cluster
