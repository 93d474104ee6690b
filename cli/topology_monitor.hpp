// What GET /api/topology of the board's server answers: components, tasks and edges of a run, how
// fast rows go, how long they take, who is busy, and who waits for whom. The contract of the JSON
// is in board/README.md.
//
//   TopologyMonitor monitor(plan, started);            // Clock::steady_ns
//   monitor.json(now, look);                           // any number of times
//
// Rates and shares are of the last seconds if somebody has asked meanwhile, of the whole run
// otherwise. Pure but for `look`, which is called at most once a second. Belongs to one thread at a
// time.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "engine/plan/plan.hpp"
#include "engine/runtime/local_run.hpp"

namespace dnstorm::cli {

class TopologyMonitor {
 public:
  struct Look {
    TimeNs steady = 0;
    TimeNs wall = 0;
    runtime::RunStatus status;
    std::vector<runtime::TaskLatency> latencies;
    std::vector<runtime::TaskQueue> queues;
    std::vector<runtime::Failure> failures;
  };

  TopologyMonitor(const plan::Plan& plan, TimeNs started) : plan_(plan), started_(started) {}

  std::string json(TimeNs steady, const std::function<Look()>& look);

 private:
  struct Seen {  // what rates are made of, at one time
    TimeNs at = 0;
    runtime::RunStatus status;
    std::vector<std::uint64_t> edge_rows;
    std::vector<std::uint64_t> edge_blocked;  // ns, summed over the tasks that send
  };
  std::string write(const Look& now, const Seen& before, const Seen& seen) const;
  Seen seen_of(const Look& look) const;

  const plan::Plan& plan_;
  TimeNs started_;
  std::deque<Seen> past_;
  std::string text_;
  TimeNs text_at_ = 0;
};

}  // namespace dnstorm::cli
