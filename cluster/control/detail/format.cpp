#include "cluster/control/detail/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "cluster/control/stats_book.hpp"

namespace dnstorm::cluster::detail {

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string pretty_seconds(std::int64_t seconds) {
  seconds = std::max<std::int64_t>(seconds, 0);
  const std::int64_t parts[] = {seconds / 86'400, seconds / 3'600 % 24, seconds / 60 % 60,
                                seconds % 60};
  std::string text;
  for (std::size_t i = 0; i < 4; ++i)
    if (!text.empty() || parts[i] != 0 || i == 3)
      text += fmt::format("{}{}{}", text.empty() ? "" : " ", parts[i], "dhms"[i]);
  return text;
}

std::string three_decimals(double value) {
  return fmt::format("{:.3f}", std::isfinite(value) ? value : 0.0);
}

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024.0); }

double percent(double part, double whole) { return whole > 0 ? 100.0 * part / whole : 0.0; }

void add_uptime(Json& json, DurationNs up) {
  std::int64_t seconds = std::max<std::int64_t>(up / ns_per_s, 0);
  json["uptime"] = pretty_seconds(seconds);
  json["uptimeSeconds"] = seconds;
}

std::string status_of(TopologyStatus status) {
  constexpr const char* names[] = {"WAITING",     "STARTING", "ACTIVE",   "INACTIVE",
                                   "REBALANCING", "KILLED",   "FINISHED", "FAILED"};
  return names[static_cast<std::size_t>(status)];
}

std::string status_of(NodeStatus status) {
  constexpr const char* names[] = {"alive", "silent", "fencing", "lost", "draining", "refused"};
  return names[static_cast<std::size_t>(status)];
}

std::string status_of(WorkerState state) {
  constexpr const char* names[] = {"starting", "prepared", "running",
                                   "finished", "failed",   "stopped"};
  return names[static_cast<std::size_t>(state)];
}

std::uint16_t port_of(std::string_view endpoint) {
  std::size_t colon = endpoint.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string_view::npos)
    std::from_chars(endpoint.data() + colon + 1, endpoint.data() + endpoint.size(), port);
  return port;
}

std::optional<DurationNs> window_of(std::string_view text) {
  if (text.empty() || text == window_name(StatsBook::all_time)) return StatsBook::all_time;
  for (DurationNs window : StatsBook::windows)
    if (text == window_name(window)) return window;
  return std::nullopt;
}

std::string window_name(DurationNs window) {
  return window == StatsBook::all_time ? ":all-time" : std::to_string(window / ns_per_s);
}

std::string window_hint(DurationNs window) {
  return window == StatsBook::all_time ? "All time" : pretty_seconds(window / ns_per_s);
}

}  // namespace dnstorm::cluster::detail
