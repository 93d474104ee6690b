// What the engine says of the run that a task belongs to: for the spout of the system streams.
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "engine/base/time.hpp"

namespace dnstorm {

// A number that the engine keeps of a task, or one of the operator's own counters.
struct TaskMetric {
  std::string_view component;
  std::uint32_t task = 0;  // within the component
  std::string_view name;   // executed, emitted, busy_ns, ...
  std::uint64_t value = 0;
};

class SystemView {
 public:
  virtual ~SystemView() = default;
  // All spouts have ended but those that end with the others (Declaration::ends_with_others).
  virtual bool others_ended() const = 0;
  // Until then, but no longer than `most` and than Spout::next may.
  virtual void wait(DurationNs most) const = 0;
  // The numbers of all tasks, now. False: they cannot be told at this moment (executors are being
  // changed); ask again.
  virtual bool metrics(const std::function<void(const TaskMetric&)>& use) const = 0;
};

}  // namespace dnstorm
