// When to look whether a file has changed, and how often it had: for operators with an option
// `reload`. A value; used by one task.
#pragma once

#include "engine/api/task_context.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::operators {

class Reload {
 public:
  // `every` 0: never.
  void prepare(const TaskContext& task, DurationNs every) {
    clock_ = task.clock;
    every_ = every;
    next_look_ = clock_->steady_ns() + every_;
    reloads_ = &task.counter("reloads");
    broken_ = &task.counter("broken_files");
  }
  bool due() {
    if (every_ == 0 || clock_->steady_ns() < next_look_) return false;
    next_look_ = clock_->steady_ns() + every_;
    return true;
  }
  void reloaded() { reloads_->add(); }
  void broken() { broken_->add(); }

 private:
  const Clock* clock_ = nullptr;
  DurationNs every_ = 0;
  TimeNs next_look_ = 0;
  Counter* reloads_ = nullptr;
  Counter* broken_ = nullptr;
};

}  // namespace dnstorm::operators
