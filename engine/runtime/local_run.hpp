// Runs a plan in this process: every executor an actor (CAF), or a thread of its own if it waits
// for the outside world.
//
//   auto run = LocalRun::start(plan, options);   // opens and prepares everything, or says why not
//   run->request_stop();                         // any thread; sources end, what is under way is
//   finished auto result = run->wait();                   // until the last executor has finished
//   run->status();                               // any thread, any time
//
// Or a slice of it (slice.hpp), beside slices in other processes.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/feed.hpp"
#include "engine/plan/plan.hpp"
#include "engine/telemetry/counter.hpp"
#include "engine/telemetry/histogram.hpp"

namespace dnstorm {
class Resources;  // engine/api/hook.hpp
}

namespace dnstorm::runtime {

class TapHub;
struct Acks;
struct Credit;
struct CrossEdge;
struct Event;
struct Events;
struct Slice;

struct RunOptions {
  Feed* feed = nullptr;          // must outlive the run
  const TapHub* taps = nullptr;  // where taps are hung on its edges; must outlive the run
  // What tasks find in TaskContext::resources; worker hooks publish to it, too. Null: nothing but
  // theirs.
  std::shared_ptr<Resources> resources = nullptr;
  const Clock* clock = nullptr;  // null: the system's
  // Exactly-once: to go on from the newest checkpoint, if there is one. Otherwise a run from the
  // beginning; it refuses to start over a checkpoint of a run that has not come to its end.
  bool resume = false;
  bool active = true;  // false: spouts are not asked for rows before activate()
  // What of the plan runs here; null: all of it. Must outlive prepare(). Checkpoints are then not
  // kept here, and `resume` says nothing.
  const Slice* slice = nullptr;
};

struct TaskStatus {
  std::string component;
  std::uint32_t index = 0;
  bool spout = false;
  std::uint64_t executed = 0;
  std::uint64_t emitted = 0;
  std::uint64_t rounds = 0;
  std::uint64_t busy_ns = 0;
  std::uint64_t blocked_ns = 0;  // this and the next with what goes on
  std::uint64_t idle_ns = 0;
  // Waiting now: "" (not at all, or for something to read), or the task that it waits for and how
  // long already; `blocked`: for room there, or for acks, and not for input.
  bool blocked = false;
  std::string waits_for;
  std::uint64_t waiting_ns = 0;
  std::uint64_t acked = 0;  // at-least-once, of a spout
  std::uint64_t failed = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t replayed = 0;
  std::vector<NamedValue> counters;  // the operator's own
};

// Exactly-once.
struct CheckpointStatus {
  std::uint64_t resumed_from = 0;  // number; 0: from the beginning
  std::uint64_t completed = 0;     // by this run
  std::uint64_t bytes = 0;         // of the newest
  std::uint64_t duration_ns = 0;   // of the newest, from its barrier to its file
  std::vector<std::string> warnings;
};

// How long rows take; of a bolt's task. Nanoseconds.
struct TaskLatency {
  std::string component;
  std::uint32_t index = 0;
  HistogramSnapshot latency;  // from the source to the end of the call that worked them off
  HistogramSnapshot execute;  // a call
  struct Edge {
    std::string from;
    std::string stream;
    HistogramSnapshot wait;  // for this task
  };
  std::vector<Edge> edges;
};

// What waits before a task, and for whom it has waited.
struct TaskQueue {
  std::string component;
  std::uint32_t index = 0;
  // Rows that have been sent to it and that it has not taken; nothing: some senders run elsewhere.
  std::optional<std::uint64_t> rows;
  // What of TaskStatus::blocked_ns was for room at the tasks of a component, with what goes on.
  std::vector<std::pair<std::string, std::uint64_t>> blocked_ns;
};

// What went wrong in a component.
struct Failure {
  TimeNs at = 0;          // Clock::wall_ns
  std::string component;  // "": of the engine itself
  std::string what;       // a sentence
};

struct RunStatus {
  std::vector<TaskStatus> tasks;
  CheckpointStatus checkpoints;
  bool finished = false;
  // Sum over all tasks of all components of the operator's counter of that name.
  std::uint64_t total(std::string_view counter) const;
};

class LocalRun {
 public:
  // `plan` must outlive the run.
  static Result<std::unique_ptr<LocalRun>> start(const plan::Plan& plan, const RunOptions& options);
  // The same in two steps: everything is open when prepare() returns, and nobody works before
  // begin(), called once. What take() brings meanwhile waits.
  static Result<std::unique_ptr<LocalRun>> prepare(const plan::Plan& plan,
                                                   const RunOptions& options);
  void begin();
  // Ends what still runs: executors finish the call they are in, rows under way are dropped.
  ~LocalRun();

  void request_stop();
  // Spreads the tasks of a component over so many executors, 1 to its number of tasks. Nothing is
  // lost or doubled: all executors come to rest, their tasks move as they are, and go on. Waits for
  // calls that are under way. Not of a slice: that is refused.
  Result<void> rebalance(const std::string& component, std::uint32_t executors);
  void activate();
  void deactivate();
  // True when all executors have finished (or one has failed) within the time.
  bool wait_for(std::chrono::milliseconds time);
  // Waits for the end. The first failure of a component, if there was one. Asserts that every row
  // that was sent has arrived.
  Result<void> wait();
  // The first failure of a component so far; what can go on does so.
  std::optional<Error> error() const;
  RunStatus status() const;  // of the tasks that run here
  std::vector<TaskLatency> latencies() const;
  // Looks at every edge: for once a second.
  std::vector<TaskQueue> queues() const;
  // The last ones of each component.
  std::vector<Failure> failures() const;

  // Of a slice, from any thread, once prepared: what comes for its tasks from other slices.
  void take(Event event);
  void take(Events events);
  void take(Credit credit);
  void take(Acks acks);
  // Its spouts put barrier `number` between two rounds; states follow by Slice::state.
  void request_barrier(std::uint64_t number);
  // When it has finished: rows over the edges to and from other slices.
  std::vector<CrossEdge> cross_edges() const;

 private:
  struct State;
  explicit LocalRun(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::runtime
