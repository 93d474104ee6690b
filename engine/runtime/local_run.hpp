// Runs a plan in this process: every executor an actor (CAF), or a thread of its own if it waits
// for the outside world.
//
//   auto run = LocalRun::start(plan, options);   // opens and prepares everything, or says why not
//   run->request_stop();                         // any thread; sources end, what is under way is
//   finished auto result = run->wait();                   // until the last executor has finished
//   run->status();                               // any thread, any time
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/feed.hpp"
#include "engine/plan/plan.hpp"
#include "engine/telemetry/counter.hpp"

namespace dnstorm::runtime {

struct RunOptions {
  Feed* feed = nullptr;          // must outlive the run
  const Clock* clock = nullptr;  // null: the system's
};

struct TaskStatus {
  std::string component;
  std::uint32_t index = 0;
  std::uint64_t executed = 0;
  std::uint64_t emitted = 0;
  std::uint64_t rounds = 0;
  std::uint64_t busy_ns = 0;
  std::vector<NamedValue> counters;  // the operator's own
};

struct RunStatus {
  std::vector<TaskStatus> tasks;
  bool finished = false;
  // Sum over all tasks of all components of the operator's counter of that name.
  std::uint64_t total(std::string_view counter) const;
};

class LocalRun {
 public:
  // `plan` must outlive the run.
  static Result<std::unique_ptr<LocalRun>> start(const plan::Plan& plan, const RunOptions& options);
  // Ends what still runs: executors finish the call they are in, rows under way are dropped.
  ~LocalRun();

  void request_stop();
  // True when all executors have finished (or one has failed) within the time.
  bool wait_for(std::chrono::milliseconds time);
  // Waits for the end. The first failure of a component, if there was one. Asserts that every row
  // that was sent has arrived.
  Result<void> wait();
  RunStatus status() const;

 private:
  struct State;
  explicit LocalRun(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::runtime
