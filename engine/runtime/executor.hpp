// An executor: a contiguous range of tasks of one component, run by one thread at a time.
// A plain class; executor_actor.cpp is the actor around it.
#pragma once

#include <memory>
#include <vector>

#include "engine/runtime/task.hpp"

namespace dnstorm::runtime {

class Executor {
 public:
  Executor(const TaskSetup& setup, const ExecutorWiring& wiring);

  // Opens or prepares the operators, on the calling thread. An exception of theirs becomes an
  // error.
  Result<void> prepare();
  void push(Event event) { task(event.to).push(std::move(event)); }
  void credit(const Credit& credit) { task(credit.to).credit(credit); }
  void request_stop();

  enum class Outcome {
    finished,  // all tasks have ended
    again,     // there is more to do at once
    idle,      // a spout has nothing now; ask again soon
    waiting,   // for events or credits
  };
  // Lets every task work: a bolt until its input is worked off, a spout once (so that messages get
  // their turn). An error ends the task it came from; the others go on.
  Result<Outcome> pump();

  bool is_spout() const { return is_spout_; }
  const std::string& component() const { return tasks_.front()->context().component; }
  bool blocking() const;
  const std::vector<std::unique_ptr<Task>>& tasks() const { return tasks_; }

 private:
  Task& task(TaskIndex index) { return *tasks_[index - first_]; }
  std::vector<std::unique_ptr<Task>> tasks_;
  TaskIndex first_;
  bool is_spout_;
};

}  // namespace dnstorm::runtime
