// How a spout with a thread of its own waits: no longer than Spout::next may.
#pragma once

#include <algorithm>
#include <ctime>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

// clock_nanosleep and not ppoll: a wake-up is the most part of what a row costs at a low rate, and
// it is cheaper by a tenth this way.
inline void wait_a_little(DurationNs ns) {
  constexpr DurationNs longest = 10 * ns_per_ms;
  ns = std::min(ns, longest);
  timespec time{ns / ns_per_s, ns % ns_per_s};
  ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
}

}  // namespace dnstorm::operators
