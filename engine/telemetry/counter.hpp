// Exact counters. Each is written by one thread only (the executor of its task) and read by any:
// a relaxed load and store instead of a locked add, so that counting costs nothing on the hot path.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace dnstorm {

class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct NamedValue {
  std::string name;
  std::uint64_t value = 0;
};

// The counters of one task. counter() is for set-up (prepare/open): it takes a lock and the
// reference stays valid for the life of the set.
class CounterSet {
 public:
  Counter& counter(std::string_view name);
  std::vector<NamedValue> values() const;

 private:
  struct Entry {
    std::string name;
    Counter counter;
  };
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
};

}  // namespace dnstorm
