// An executor: a contiguous range of tasks of one component and of those chained to it, run by one
// thread at a time. What one of its tasks sends to another stays here.
// A plain class; executor_actor.cpp is the actor around it.
#pragma once

#include <memory>
#include <vector>

#include "engine/runtime/task.hpp"

namespace dnstorm::runtime {

class Executor {
 public:
  // Makes its tasks.
  Executor(const TaskSetup& setup, const ExecutorWiring& wiring);
  // Takes over tasks, those of `wiring` in its order, that other executors have released.
  Executor(const TaskSetup& setup, const ExecutorWiring& wiring,
           std::vector<std::unique_ptr<Task>> tasks);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Opens or prepares the operators, on the calling thread. An exception of theirs becomes an
  // error.
  Result<void> prepare();
  void push(Event event) { task(event.to).push(std::move(event)); }
  void credit(const Credit& credit) { task(credit.to).credit(credit); }
  void take(const Acks& acks);
  void request_stop();
  void request_barrier(std::uint64_t number);
  void set_active(bool active);
  // The earliest time at which a task wants to be called (Clock::steady_ns); time_max: none does.
  TimeNs next_time() const;
  // Calls those whose time has come; a turn (pump) should follow.
  void on_time(TimeNs now);

  enum class Outcome {
    finished,  // all tasks have ended
    again,     // there is more to do at once
    idle,      // a spout has nothing now; ask again soon
    waiting,   // for events or credits
  };
  // Lets every task work, sources first: a bolt until its input is worked off, a spout once (so
  // that messages get their turn). An error ends the task it came from; the others go on.
  Result<Outcome> pump();

  // From hold() to release() what only ends a round for another executor may wait, for a few rounds
  // and not past rows, a barrier or an end: of a source at full speed it says little, and each such
  // event wakes a thread. The caller must release before it stops to pump.
  void hold() { holding_ = send_.events != nullptr; }
  void release();

  bool is_spout() const { return tasks_.front()->is_spout(); }
  // Whose code runs, or ran last.
  const std::string& component() const { return running_->context().component; }
  bool blocking() const;
  const std::vector<std::unique_ptr<Task>>& tasks() const { return tasks_; }
  // The tasks with all they hold; the executor is of no more use.
  std::vector<std::unique_ptr<Task>> release_tasks() { return std::move(tasks_); }

 private:
  Sends own_sends(const TaskSetup& setup, const ExecutorWiring& wiring);
  void place(const ExecutorWiring& wiring);
  void send_or_hold(Event event);
  void send_held();
  Result<Task::Progress> step(Task& task);
  Outcome outcome(bool worked) const;
  std::vector<SpoutTask*> spouts() const;
  Task* find(TaskIndex index);
  Task& task(TaskIndex index);

  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<std::uint32_t> place_;      // in tasks_, by task index; none: of another executor
  std::vector<Task::Progress> progress_;  // beside tasks_, of the last turn
  const Task* running_ = nullptr;
  bool holding_ = false;
  std::uint32_t turns_held_ = 0;
  std::vector<Event> held_;
  Sends send_;  // of a chain, to other executors; what is no chain holds nothing
  std::uint32_t held_turns_max_ = 1;
};

}  // namespace dnstorm::runtime
