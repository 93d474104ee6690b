// Time: event time is nanoseconds since 1970 in a signed 64-bit number. Processing time comes from
// a Clock that is handed down, so that a test can turn it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace dnstorm {

using TimeNs = std::int64_t;
using DurationNs = std::int64_t;

inline constexpr TimeNs time_min = std::numeric_limits<TimeNs>::min();
inline constexpr TimeNs time_max = std::numeric_limits<TimeNs>::max();
inline constexpr DurationNs ns_per_us = 1'000;
inline constexpr DurationNs ns_per_ms = 1'000'000;
inline constexpr DurationNs ns_per_s = 1'000'000'000;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimeNs wall_ns() const = 0;    // since 1970; may step
  virtual TimeNs steady_ns() const = 0;  // never goes back
};

class SystemClock final : public Clock {
 public:
  TimeNs wall_ns() const override;
  TimeNs steady_ns() const override;
};

// "10s", "1500ms", "2h", "1d"; a bare number is seconds. Nothing for anything else.
std::optional<DurationNs> parse_duration(std::string_view text);
std::string format_duration(DurationNs ns);
// "2026-11-21T19:19:17.123456789Z"; the fraction is left out when it is zero.
std::string format_time(TimeNs ns);

}  // namespace dnstorm
