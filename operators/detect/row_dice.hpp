// Which rows stand for all where counting each would cost too much: one in `rows_of_dice`, by the
// time of the row alone, so that it is the same ones in every run. Pure.
#pragma once

#include <cstdint>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

inline constexpr std::uint32_t rows_of_dice = 16;

// Some tenths of a nanosecond.
inline bool row_dice(TimeNs time) {
  return (static_cast<std::uint64_t>(time) * 0x9e3779b97f4a7c15ULL) >> 60 == 0;
}

}  // namespace dnstorm::operators
