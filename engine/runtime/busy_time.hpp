// Adds the time of a scope to a counter. Private to the tasks.
#pragma once

#include "engine/base/time.hpp"
#include "engine/telemetry/counter.hpp"

namespace dnstorm::runtime {

class BusyTime {
 public:
  BusyTime(const Clock& clock, Counter& counter)
      : clock_(clock), counter_(counter), start_(clock.steady_ns()) {}
  ~BusyTime() { counter_.add(static_cast<std::uint64_t>(clock_.steady_ns() - start_)); }

  TimeNs start() const { return start_; }

 private:
  const Clock& clock_;
  Counter& counter_;
  TimeNs start_;
};

}  // namespace dnstorm::runtime
