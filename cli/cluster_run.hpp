// A topology of a cluster as if it ran in this process: what its workers tell, put together. For
// the honesty line, and for GET /api/topology, which is answered in the words of TopologyMonitor
// (board/README.md), with `node`, `host` and `pid` beside each task.
//
// Numbers are of the newest incarnation: one that begins anew counts from 0. Texts of workers are
// kept as they come and read when somebody asks. Pure; used by one thread at a time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/worker_numbers.hpp"
#include "cluster/coordinator/coordinator.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::cli {

class ClusterRun {
 public:
  void take(const cluster::WorkerNews& news, TimeNs now);
  std::uint64_t news() const { return news_; }  // how often something was told

  runtime::RunStatus status(bool finished);
  std::string topology_json(const plan::Plan& plan, const cluster::ClusterView& view,
                            const cluster::TopologyView& topology, TimeNs wall);

 private:
  struct Told {
    TimeNs at = 0;
    std::string text;
    std::optional<WorkerNumbers> numbers;  // once it was read
    const WorkerNumbers& read();
  };
  struct Worker {
    Told now;
    std::optional<Told> before;
  };

  std::uint64_t incarnation_ = 0;
  std::map<std::string, Worker> workers_;  // of it, by node
  std::uint64_t news_ = 0;
};

}  // namespace dnstorm::cli
