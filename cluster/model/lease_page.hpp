// Until when a worker may run, in memory that a node and the process of its worker share: so the
// worker sees it however busy either of them is. A number of CLOCK_MONOTONIC, which is the same for
// both (Clock::steady_ns).
#pragma once

#include <atomic>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cluster {

class LeasePage {
 public:
  // The node's side. Until set() is called the worker may not run.
  static Result<LeasePage> make();
  // The worker's side: a descriptor that it was started with.
  static Result<LeasePage> open(int file);
  ~LeasePage();
  LeasePage(LeasePage&& other) noexcept;
  LeasePage& operator=(LeasePage&& other) noexcept;

  // Any thread, of either process.
  void set(TimeNs until) { until_->store(until, std::memory_order_release); }
  TimeNs until() const { return until_->load(std::memory_order_acquire); }
  int file() const { return file_; }

 private:
  LeasePage(int file, std::atomic<TimeNs>* until) : file_(file), until_(until) {}

  int file_ = -1;
  std::atomic<TimeNs>* until_ = nullptr;
};

}  // namespace dnstorm::cluster
