// Numbers and names as Storm's interface writes them.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/coordinator/coordinator.hpp"

namespace dnstorm::cluster::detail {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json);  // whatever bytes are in it, it is JSON

std::string pretty_seconds(std::int64_t seconds);  // "1d 0h 3m 5s"
std::string three_decimals(double value);          // "0.048"
double megabytes(std::uint64_t bytes);
double percent(double part, double whole);  // 0 of nothing
// Adds NAME and NAMESeconds.
void add_uptime(Json& json, DurationNs up);

std::string status_of(TopologyStatus status);  // "ACTIVE"
std::string status_of(NodeStatus status);      // "alive"
std::string status_of(WorkerState state);
std::uint16_t port_of(std::string_view endpoint);  // 0: none

// "10" (not Storm's), "600", "10800", "86400", ":all-time" or "" (which is that); nothing for any
// other.
std::optional<DurationNs> window_of(std::string_view text);
std::string window_name(DurationNs window);
std::string window_hint(DurationNs window);  // "10m 0s", "All time"

}  // namespace dnstorm::cluster::detail
