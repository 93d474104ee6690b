// The numbers of a worker's tasks as JSON: what goes up as WorkerNews of kind "stats". Totals since
// the worker has begun. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/runtime/local_run.hpp"

namespace dnstorm::cluster {

// Of the link to another worker.
struct LinkStats {
  std::string node;
  bool connected = false;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t frames_resent = 0;
  std::uint64_t outbox_bytes = 0;
  DurationNs round_trip = 0;  // 0: not known
};
struct WorkerStats {
  runtime::RunStatus status;
  std::vector<runtime::TaskLatency> latencies;
  std::vector<runtime::TaskQueue> queues;
  std::vector<runtime::Failure> failures;
  std::vector<LinkStats> links;
  std::uint64_t checkpoint = 0;  // the newest that it took part in
  std::uint64_t cpu_ns = 0;      // of the process
  std::uint64_t memory_bytes = 0;  // likewise, resident
};
std::string to_json(const WorkerStats& stats);

}  // namespace dnstorm::cluster
