// Who has finished, and the first failure: what the executors of a run report to the one who waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/runtime/local_run.hpp"

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
  // An operating failure: the rest of the topology finishes its work. The first one is what the run
  // has failed of, and of each component the last ones are kept.
  void failed(Error error, Failure failure) {
    std::lock_guard lock(mutex_);
    keep(std::move(failure));
    if (!error_) error_ = std::move(error);
  }
  // A failure after which the executor cannot go on: nobody may wait for it.
  void broken(Error error, Failure failure) {
    std::lock_guard lock(mutex_);
    keep(std::move(failure));
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
  // The last of each component, each one's in their order.
  std::vector<Failure> failures() const {
    std::lock_guard lock(mutex_);
    std::vector<Failure> all;
    for (const auto& [component, last] : failures_) all.insert(all.end(), last.begin(), last.end());
    return all;
  }

 private:
  static constexpr std::size_t kept_max = 10;  // of a component
  void keep(Failure failure) {
    std::deque<Failure>& last = failures_[failure.component];
    last.push_back(std::move(failure));
    if (last.size() > kept_max) last.pop_front();
  }
  bool done() const { return open_ == 0 || broken_; }
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t open_;
  bool broken_ = false;
  std::optional<Error> error_;
  std::map<std::string, std::deque<Failure>> failures_;
};

}  // namespace dnstorm::runtime
