// Pauses between tries at something that may come back: each about twice as long as the one before,
// up to a longest. Jitter keeps many that wait for the same thing from coming back at one moment. A
// value; knows no clock: whoever uses it waits (pause.hpp).
#pragma once

#include <algorithm>
#include <random>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

class Backoff {
 public:
  Backoff(DurationNs first, DurationNs longest, std::uint32_t seed)
      : first_(first), longest_(longest), jitter_(seed) {}

  // Between the half and the whole of the pause that is due.
  DurationNs next() {
    DurationNs pause = std::min(first_ << std::min(failures_, 20), longest_);
    ++failures_;
    return std::uniform_int_distribution<DurationNs>(pause / 2, pause)(jitter_);
  }
  // It worked.
  void reset() { failures_ = 0; }
  // Of next() since then.
  int failures() const { return failures_; }

 private:
  DurationNs first_;
  DurationNs longest_;
  int failures_ = 0;
  std::minstd_rand jitter_;
};

}  // namespace dnstorm::operators
