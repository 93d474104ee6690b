// What a worker of a cluster tells of its tasks (cluster/worker/stats.hpp), read back: as the
// engine tells of a run in this process, but with quantiles for histograms. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/local_run.hpp"

namespace dnstorm::cli {

struct Quantiles {  // nanoseconds
  std::uint64_t count = 0;
  std::uint64_t p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;

  // Of both together, as far as that can be said: never less than it is.
  void merge(const Quantiles& other);
};

struct TaskNumbers {
  struct Input {
    std::string from;
    std::string stream;
    Quantiles wait;
  };
  runtime::TaskStatus status;
  Quantiles latency;
  Quantiles execute;
  std::vector<Input> inputs;
  std::optional<std::uint64_t> inbox_rows;          // as TaskQueue::rows
  std::map<std::string, std::uint64_t> blocked_on;  // as TaskQueue::blocked_ns
};

struct WorkerNumbers {
  std::vector<TaskNumbers> tasks;
  std::vector<runtime::Failure> failures;
};

// What is missing is 0; a text that is none of a worker has no tasks.
WorkerNumbers numbers_of(std::string_view text);

}  // namespace dnstorm::cli
