// The numbers of a worker's tasks, as the text of WorkerNews of kind "stats". All are totals since
// the worker has begun. Values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"

namespace dnstorm::cluster {

// Rows that came to a task on one edge: from a component's stream.
struct InputCounts {
  std::uint64_t rows = 0;
  std::uint64_t wait_ns = 0;  // that they waited for the task, summed
};

struct Counts {
  std::uint64_t executed = 0;
  std::uint64_t emitted = 0;
  std::uint64_t acked = 0;
  std::uint64_t failed = 0;
  std::uint64_t busy_ns = 0;
  std::uint64_t blocked_ns = 0;
  std::uint64_t idle_ns = 0;
  std::uint64_t latency_count = 0;  // rows, of those whose latency was taken
  std::uint64_t latency_ns = 0;     // from the source to the end of the call, summed
  std::map<std::pair<std::string, std::string>, InputCounts> inputs;  // by (component, stream)

  void add(const Counts& other);
  // What has come on top of `before`; nothing where that is more.
  Counts since(const Counts& before) const;
};

struct TaskStats {
  std::string component;
  std::uint32_t index = 0;  // among the component's tasks
  Counts counts;
};

// A worker's process, and its links to the workers of other nodes. Totals since it has begun, but
// memory and round trip.
struct LinkNumbers {
  std::string node;
  bool connected = false;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t frames_resent = 0;
  std::uint64_t round_trip_ns = 0;  // 0: not known
};
struct ProcessStats {
  std::uint64_t cpu_ns = 0;
  std::uint64_t memory_bytes = 0;
  std::vector<LinkNumbers> links;
};

std::string stats_to_json(const std::vector<TaskStats>& tasks);
// What is missing is 0, what is not known is passed over; what is no such text is an error of kind
// `data`.
Result<std::vector<TaskStats>> stats_from_json(std::string_view text);
// Of the same text, likewise.
Result<ProcessStats> process_from_json(std::string_view text);

}  // namespace dnstorm::cluster
