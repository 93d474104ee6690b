// Hours as numbers: hours since 1970, weeks that begin on Monday 00:00 UTC, and the 168 hours of
// such a week (0: Monday 00:00 to 01:00).
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

using Hour = std::int64_t;  // since 1970

inline constexpr DurationNs ns_per_minute = 60 * ns_per_s;
inline constexpr DurationNs ns_per_hour = 60 * ns_per_minute;
inline constexpr int hours_per_week = 168;

constexpr std::int64_t divide_down(std::int64_t value, std::int64_t by) {
  std::int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}
constexpr Hour hour_of(TimeNs time) { return divide_down(time, ns_per_hour); }
constexpr TimeNs start_of(Hour hour) { return hour * ns_per_hour; }
// 1970 began on a Thursday, three days into a week.
constexpr std::int64_t week_of(Hour hour) { return divide_down(hour + 72, hours_per_week); }
constexpr int hour_of_week(Hour hour) {
  return static_cast<int>(hour + 72 - week_of(hour) * hours_per_week);
}
constexpr std::int64_t day_of(Hour hour) { return divide_down(hour, 24); }

// "Mon 03:00".
std::string name_of_slot(int hour_of_week);

}  // namespace dnstorm::operators
