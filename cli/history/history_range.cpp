#include "cli/history/history_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace dnstorm::cli {

namespace {

constexpr std::int64_t buckets_default = 800;
constexpr std::int64_t buckets_max = 2000;
constexpr DurationNs last_default = 600 * ns_per_s;
// Beyond, ns since 1970 do not fit into 64 bits.
constexpr std::int64_t ms_max = 9'000'000'000'000;

constexpr std::array<std::int64_t, 26> round_seconds = {
    1,    2,    5,    10,   15,    20,    30,    60,    120,   180,   300,    600,    900,
    1200, 1800, 3600, 7200, 10800, 14400, 21600, 28800, 43200, 86400, 172800, 345600, 604800};

Result<std::optional<std::int64_t>> number(const ApiRequest& request, std::string_view name,
                                           std::int64_t low, std::int64_t high, const char* what) {
  std::string_view text = request.argument(name);
  if (text.empty()) return std::optional<std::int64_t>();
  std::int64_t value = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return Error{ErrorKind::usage,
                 fmt::format("{}: '{}' is no {} from {} to {}", name, text, what, low, high), ""};
  return std::optional(value);
}

TimeNs floor_to(TimeNs time, DurationNs step) {
  return (time >= 0 ? time / step : (time + 1) / step - 1) * step;
}

}  // namespace

Result<AskedRange> asked_range(const ApiRequest& request, TimeNs newest) {
  constexpr const char* of_time = "time in ms since 1970";
  auto from = DNSTORM_TRY(number(request, "from", 0, ms_max, of_time));
  auto to = DNSTORM_TRY(number(request, "to", 0, ms_max, of_time));
  auto last = DNSTORM_TRY(number(request, "last", 1, ms_max, "length in ms"));
  auto buckets = DNSTORM_TRY(number(request, "buckets", 1, buckets_max, "number"));
  if (last && (from || to))
    return Error{ErrorKind::usage, "`last` stands alone: leave out `from` and `to`", ""};
  if (from.has_value() != to.has_value())
    return Error{ErrorKind::usage, "`from` and `to` go together", ""};
  AskedRange asked{newest - (last ? *last * ns_per_ms : last_default), newest,
                   buckets.value_or(buckets_default)};
  if (!from) return asked;
  if (*from >= *to)
    return Error{ErrorKind::usage, fmt::format("from: {} is not before `to`, {}", *from, *to), ""};
  asked.from = *from * ns_per_ms;
  asked.to = *to * ns_per_ms;
  return asked;
}

HistoryRange in_buckets(const AskedRange& asked, DurationNs step_min) {
  DurationNs wanted =
      std::max((asked.to - asked.from) / asked.buckets, std::max<DurationNs>(step_min, 1));
  HistoryRange range;
  for (std::int64_t seconds : round_seconds) {
    range.step = seconds * ns_per_s;
    if (range.step >= wanted && (step_min == 0 || range.step % step_min == 0)) break;
  }
  // Years: weeks do not do.
  if (range.step < wanted) range.step = (wanted + range.step - 1) / range.step * range.step;
  range.from = floor_to(asked.from, range.step);
  range.to = floor_to(asked.to + range.step - 1, range.step);
  return range;
}

DurationNs step_for_windows(DurationNs step, DurationNs window) {
  if (window <= 0) return step;
  DurationNs least = (std::max(window, step) + step - 1) / step * step;
  for (DurationNs longer = least; longer <= 4 * least; longer += step)
    if (longer % window == 0) return longer;
  return least;
}

}  // namespace dnstorm::cli
