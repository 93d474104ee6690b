// How a spout with a thread of its own waits: no longer than Spout::next may.
#pragma once

#include <poll.h>

#include <algorithm>
#include <ctime>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

inline void wait_a_little(DurationNs ns) {
  constexpr DurationNs longest = 10 * ns_per_ms;
  ns = std::min(ns, longest);
  timespec time{ns / ns_per_s, ns % ns_per_s};
  ::ppoll(nullptr, 0, &time, nullptr);
}

}  // namespace dnstorm::operators
