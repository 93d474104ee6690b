// A task: one instance of an operator with its inputs in order and its outputs under credit.
// Plain classes without actors, threads or clocks of their own: an executor runs them, a test too.
//
// Life: prepare() once on the thread that builds the topology, then everything from one executor.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/api/bolt.hpp"
#include "engine/api/spout.hpp"
#include "engine/delivery/task_state.hpp"
#include "engine/runtime/input_merge.hpp"
#include "engine/runtime/output_router.hpp"
#include "engine/runtime/root_tracker.hpp"
#include "engine/runtime/run_view.hpp"
#include "engine/runtime/task_hooks.hpp"
#include "engine/telemetry/task_stats.hpp"

namespace dnstorm::runtime {

// Carries a credit back to the sending task.
using SendCredit = std::function<void(Credit)>;

// The state of a task for checkpoint `number`; 0: its last one, it has come to its end.
struct SavedState {
  std::uint64_t number = 0;
  TaskIndex task = 0;
  std::string bytes;
};

// Events for tasks of one executor, to be taken in this order.
struct Events {
  std::vector<Event> all;
};

// How what a task sends reaches others.
struct Sends {
  SendEvent event;
  std::function<void(Events)> events;  // to any executors; unset: nothing is held (Executor::hold)
  SendCredit credit;
  SendAcks acks;  // at-least-once only
};

// What the tasks of a topology share.
struct TaskSetup {
  const plan::Plan* plan = nullptr;
  const Wiring* wiring = nullptr;
  const Clock* clock = nullptr;
  Feed* feed = nullptr;
  const TapHub* taps = nullptr;
  Sends send;
  std::function<void(SavedState)> send_state;         // exactly-once only
  // By task, those that are empty begin anew; null: a run from the beginning.
  const std::vector<std::string>* restore = nullptr;
  std::shared_ptr<const TopologyView> view;
  std::shared_ptr<RunView> run_view;           // null: none (tests)
  std::shared_ptr<const Resources> resources;  // of worker hooks; null: there are none
  bool heartbeat = false;  // spouts that have nothing close rounds all the same (ticks)
  std::uint64_t seed = 0;  // of the numbers of tracked pieces

  // What the task begins from; null: from the beginning.
  const std::string* saved_state(TaskIndex task) const {
    return restore != nullptr && !(*restore)[task].empty() ? &(*restore)[task] : nullptr;
  }
  // By executor: whether it runs in this process; null: all do.
  const std::vector<bool>* here = nullptr;
};

class Task {
 public:
  Task(const TaskSetup& setup, TaskIndex index, bool spout);
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  enum class Progress {
    worked,
    idle,     // no input (a bolt), nothing to pull (a spout)
    blocked,  // there would be work, but readers have no room
    finished,
  };

  // Before prepare(), and when the task is moved to another executor.
  void connect(Sends send) { setup_.send = std::move(send); }
  virtual Result<void> prepare() = 0;
  virtual bool blocking() const = 0;
  virtual bool is_spout() const = 0;
  // Works off one input event (a bolt) or pulls once (a spout).
  virtual Result<Progress> run_one() = 0;
  virtual void push(Event event) = 0;
  // What run_one() has answered, for the statistics: how long the task has been waiting, and for
  // whom.
  void note(Progress progress);
  // When on_time() wants to be called (Clock::steady_ns); time_max: never.
  virtual TimeNs next_time() const { return time_max; }
  virtual void on_time(TimeNs /*now*/) {}
  // The input is to end.
  virtual void request_stop() {}

  void credit(const Credit& credit) {
    router_.credit(credit.edge, credit.slot, credit.rounds, setup_.clock->steady_ns());
  }
  TaskIndex index() const { return index_; }
  std::uint32_t number() const { return wiring().index; }  // within its component
  const TaskContext& context() const { return context_; }
  TaskStats& stats() { return stats_; }
  const TaskStats& stats() const { return stats_; }
  std::uint64_t rows_sent(EdgeIndex edge) const { return router_.rows_sent(edge); }
  // Rows that came in by an in-edge: what was sent must have arrived.
  std::uint64_t rows_received(EdgeIndex edge) const { return rows_received_[edge].value(); }

 protected:
  // It works from then on: what follows is not waiting.
  void end_wait(TimeNs now) {
    if (progress_ != Progress::worked) change(Progress::worked, now);
  }
  const plan::ComponentPlan& component() const;
  const TaskWiring& wiring() const { return setup_.wiring->tasks[index_]; }
  void enter_round(Slot slot, std::uint64_t round);
  void close_round(const RoundEnd& end);
  bool tracks() const { return setup_.plan->config.delivery == plan::Delivery::at_least_once; }
  void flush_acks() { router_.tracker().flush(setup_.wiring->origins, setup_.send.acks); }
  // What every task keeps, before what its operator does: whether it has ended, and its counters.
  void save_own(StateWriter& out, bool ended, TimeNs watermark) const;
  delivery::TaskState restore_own(StateReader& in);
  Error damaged_state() const;
  void prepare_hooks();
  void clean_up_hooks();

  TaskSetup setup_;
  TaskIndex index_;
  TaskContext context_;
  TaskStats stats_;
  OutputRouter router_;
  std::unique_ptr<TaskHooks> hooks_;    // null: it has none
  std::unique_ptr<RootTracker> roots_;  // of a spout, at-least-once
  Emitter emitter_;
  std::vector<Counter> rows_received_;  // by in-edge
  Slot slot_ = 0;  // of the round entered last

 private:
  // The edge that the task waits for: as TaskStats::waits_for.
  virtual std::uint64_t waits_for(Progress progress) const = 0;
  void change(Progress progress, TimeNs now);
  void end_wait_for_edge(TimeNs now);
  Progress progress_ = Progress::worked;
  TimeNs since_ = 0;
};

class SpoutTask final : public Task {
 public:
  SpoutTask(const TaskSetup& setup, TaskIndex index);
  Result<void> prepare() override;
  bool blocking() const override { return spout_->blocking(); }
  bool is_spout() const override { return true; }
  Result<Progress> run_one() override;
  void push(Event) override;
  TimeNs next_time() const override { return rotate_at_; }
  void on_time(TimeNs now) override;
  // The next turn ends the stream as if the source were exhausted. What is under way is waited for,
  // what fails is not emitted again.
  void request_stop() override { stop_ = true; }
  // Puts that barrier between two rounds.
  void request_barrier(std::uint64_t number) { barrier_ = number; }
  void take(const Acks& acks) { roots_->take(acks); }
  // Inactive, it is not asked for rows.
  void set_active(bool active);

 private:
  Result<void> restore(const std::string& saved);
  // `began`: this turn, of Clock::steady_ns.
  Result<Progress> pull(TimeNs began);
  Result<Spout::Next> fill_round(TimeNs began);
  Result<Spout::Next> gather_round(TimeNs began);
  Result<void> pass_barrier();
  Result<void> end_stream();
  Result<void> send_state(std::uint64_t number);
  void replay();
  void finish_round();
  bool may_pull() const;
  bool falls_silent();
  bool beats();
  TimeNs reached() const;
  std::uint64_t waits_for(Progress progress) const override;

  std::unique_ptr<Spout> spout_;
  std::uint64_t round_ = 0;
  TimeNs watermark_ = time_min;  // as told
  TimeNs rotate_at_ = time_max;  // the ledger
  TimeNs silent_since_ = 0;      // of Clock::steady_ns; 0: it is not silent
  bool told_idle_ = false;
  TimeNs beat_at_ = time_min;  // of Clock::steady_ns: the last round that only carries ticks
  std::uint64_t barrier_ = 0;  // to be sent; 0: none
  bool active_ = true;
  bool stop_ = false;
  bool draining_ = false;      // exhausted, but roots are under way
  bool ended_before_ = false;  // restored from its end
  bool finished_ = false;
};

class BoltTask final : public Task {
 public:
  BoltTask(const TaskSetup& setup, TaskIndex index);
  Result<void> prepare() override;
  bool blocking() const override { return bolt_->blocking(); }
  bool is_spout() const override { return false; }
  Result<Progress> run_one() override;
  void push(Event event) override { merge_.push(std::move(event)); }
  TimeNs next_time() const override { return tick_at_; }
  void on_time(TimeNs now) override;

 private:
  Result<void> restore(const std::string& saved);
  void execute(const Event& event);
  void measure(const Event& event, TimeNs began);
  void descend_from(const Anchor& anchor);
  void settle_acks();
  std::uint64_t waits_for(Progress progress) const override;
  // Nothing is there that may not be begun: rows that wait do so for others.
  bool has_room() const { return merge_.queued() == 0 || merge_.waits_for(); }
  void advance(const InputMerge::Step& step);
  Result<void> send_state(std::uint64_t number);
  Result<void> complete_round(const InputMerge::Step& step);
  void return_credit(Slot slot, std::uint64_t rounds);
  void send_credit(const InEdge& edge, Slot slot, std::uint64_t rounds);

  std::unique_ptr<Bolt> bolt_;
  bool acks_itself_;
  std::vector<Anchor> executed_;  // acked when what they gave has left
  InputMerge merge_;
  std::uint32_t credit_stride_;            // rounds between two credits
  std::vector<std::uint64_t> uncredited_;  // bytes worked off since the last credit, by slot
  // By slot: the edge of a shuffle by load that has brought rows in this round; none: no edge.
  std::vector<EdgeIndex> brought_by_load_;
  std::vector<TimeNs> origin_watermarks_;  // by slot
  std::vector<bool> origin_idle_;
  TimeNs watermark_ = time_min;
  std::uint32_t origins_open_;
  TimeNs tick_at_ = time_max;
  bool ended_before_ = false;  // restored from its end: it has nothing more to do
  bool finished_ = false;
};

}  // namespace dnstorm::runtime
