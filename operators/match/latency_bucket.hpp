// Buckets for response times: eight to an octave, so that a bound is at most an eighth above what
// it stands for (as in HdrHistogram, with three significant bits). Below 16 us every value has its
// own.
#pragma once

#include <bit>
#include <cstdint>

namespace dnstorm::operators {

// The largest value of the bucket that holds `us`.
inline std::uint64_t latency_bucket(std::uint64_t us) {
  if (us < 16) return us;
  auto shift = static_cast<unsigned>(std::bit_width(us)) - 4;
  return (((us >> shift) + 1) << shift) - 1;
}

}  // namespace dnstorm::operators
