#include "engine/base/time.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <ctime>

namespace dnstorm {

namespace {

// Not by std::chrono: its clocks are calls of another library, and code that has slept pays for
// every page that it touches.
TimeNs now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return TimeNs{time.tv_sec} * ns_per_s + time.tv_nsec;
}

}  // namespace

TimeNs SystemClock::wall_ns() const { return now(CLOCK_REALTIME); }

TimeNs SystemClock::steady_ns() const { return now(CLOCK_MONOTONIC); }

namespace {

struct Unit {
  std::string_view name;
  DurationNs ns;
};
constexpr Unit units[] = {{"d", 86'400 * ns_per_s},
                          {"h", 3'600 * ns_per_s},
                          {"m", 60 * ns_per_s},
                          {"min", 60 * ns_per_s},
                          {"s", ns_per_s},
                          {"ms", ns_per_ms},
                          {"us", ns_per_us},
                          {"ns", 1},
                          {"", ns_per_s}};

}  // namespace

std::optional<DurationNs> parse_duration(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || !(number >= 0)) return std::nullopt;  // nor NaN
  std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : units) {
    if (suffix != unit.name) continue;
    double ns = number * static_cast<double>(unit.ns);
    if (ns > 9e18) return std::nullopt;
    return static_cast<DurationNs>(ns + 0.5);
  }
  return std::nullopt;
}

std::string format_duration(DurationNs ns) {
  if (ns == 0) return "0s";
  for (const Unit& unit : units) {
    if (unit.name == "min" || unit.ns == 0 || ns < unit.ns || ns % unit.ns != 0) continue;
    return fmt::format("{}{}", ns / unit.ns, unit.name);
  }
  return fmt::format("{}ns", ns);
}

std::string format_time(TimeNs ns) {
  std::int64_t seconds = ns / ns_per_s;
  std::int64_t fraction = ns % ns_per_s;
  if (fraction < 0) {
    fraction += ns_per_s;
    --seconds;
  }
  std::string text =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(seconds)));
  if (fraction != 0) {
    std::string digits = fmt::format("{:09}", fraction);
    while (digits.back() == '0') digits.pop_back();
    text += "." + digits;
  }
  return text + "Z";
}

}  // namespace dnstorm
