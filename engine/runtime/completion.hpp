// Who has finished, and the first failure: what the executors of a run report to the one who waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "engine/base/result.hpp"

namespace dnstorm::runtime {

class Completion {
 public:
  explicit Completion(std::size_t executors) : open_(executors) {}

  // So many executors instead; none of them has finished.
  void begin_anew(std::size_t executors) {
    std::lock_guard lock(mutex_);
    open_ = executors;
  }
  void executor_finished() {
    std::lock_guard lock(mutex_);
    --open_;
    changed_.notify_all();
  }
  // An operating failure: the rest of the topology finishes its work. The first one is kept.
  void failed(Error error) {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  // A failure after which the executor cannot go on: nobody may wait for it.
  void broken(Error error) {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    broken_ = true;
    changed_.notify_all();
  }

  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done(); });
  }
  bool wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return done(); });
  }
  bool finished() const {
    std::lock_guard lock(mutex_);
    return done();
  }
  bool is_broken() const {
    std::lock_guard lock(mutex_);
    return broken_;
  }
  std::optional<Error> error() const {
    std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  bool done() const { return open_ == 0 || broken_; }
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t open_;
  bool broken_ = false;
  std::optional<Error> error_;
};

}  // namespace dnstorm::runtime
