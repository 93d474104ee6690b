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
#include "engine/runtime/input_merge.hpp"
#include "engine/runtime/output_router.hpp"
#include "engine/telemetry/task_stats.hpp"

namespace dnstorm::runtime {

// Carries a credit back to the sending task.
using SendCredit = std::function<void(Credit)>;

// What the tasks of a topology share.
struct TaskSetup {
  const plan::Plan* plan = nullptr;
  const Wiring* wiring = nullptr;
  const Clock* clock = nullptr;
  Feed* feed = nullptr;
  SendEvent send_event;
  SendCredit send_credit;
};

class Task {
 public:
  Task(const TaskSetup& setup, TaskIndex index);
  virtual ~Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  enum class Progress {
    worked,
    idle,     // no input (a bolt), nothing to pull (a spout)
    blocked,  // a spout whose readers have no room
    finished,
  };

  virtual Result<void> prepare() = 0;
  virtual bool blocking() const = 0;
  virtual bool is_spout() const = 0;
  // Works off one input event (a bolt) or pulls once (a spout).
  virtual Result<Progress> run_one() = 0;
  virtual void push(Event event) = 0;

  void credit(const Credit& credit) { router_.credit(credit.edge, credit.slot, credit.rounds); }
  TaskIndex index() const { return index_; }
  const TaskContext& context() const { return context_; }
  TaskStats& stats() { return stats_; }
  const TaskStats& stats() const { return stats_; }
  std::uint64_t rows_sent(EdgeIndex edge) const { return router_.rows_sent(edge); }
  // Rows that came in by each in-edge: what was sent must have arrived.
  const std::vector<std::uint64_t>& rows_received() const { return rows_received_; }

 protected:
  const plan::ComponentPlan& component() const;
  const TaskWiring& wiring() const { return setup_.wiring->tasks[index_]; }
  void enter_round(Slot slot, std::uint64_t round);
  void close_round(TimeNs watermark, std::uint64_t checkpoint, bool last);

  TaskSetup setup_;
  TaskIndex index_;
  TaskContext context_;
  TaskStats stats_;
  OutputRouter router_;
  Emitter emitter_;
  std::vector<std::uint64_t> rows_received_;
  Slot slot_ = 0;  // of the round entered last
};

class SpoutTask final : public Task {
 public:
  SpoutTask(const TaskSetup& setup, TaskIndex index);
  Result<void> prepare() override;
  bool blocking() const override { return spout_->blocking(); }
  bool is_spout() const override { return true; }
  Result<Progress> run_one() override;
  void push(Event) override;
  // The next turn ends the stream as if the source were exhausted.
  void request_stop() { stop_ = true; }

 private:
  void end_stream();
  std::unique_ptr<Spout> spout_;
  std::uint64_t round_ = 0;
  TimeNs watermark_ = time_min;
  bool stop_ = false;
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

 private:
  void execute(const Event& event);
  Result<void> complete_round(const InputMerge::Step& step);
  void return_credit(Slot slot, std::uint64_t rounds);

  std::unique_ptr<Bolt> bolt_;
  InputMerge merge_;
  std::uint32_t credit_stride_;            // rounds between two credits
  std::vector<TimeNs> origin_watermarks_;  // by slot
  TimeNs watermark_ = time_min;
  std::uint32_t origins_open_;
  bool finished_ = false;
};

}  // namespace dnstorm::runtime
