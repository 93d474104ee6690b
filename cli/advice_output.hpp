// What `dnstorm advise` found out, in the forms in which it is told. Pure. Counts are per second of
// the minute that they are of.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "operators/season/advice.hpp"

namespace dnstorm::cli {

std::string advice_text(const operators::Advice& advice);
std::string advice_json(const operators::Advice& advice);
nlohmann::ordered_json advice_object(const operators::Advice& advice);
// A count a minute as a rate a second, as JSON has it.
double advice_rate(double per_minute);
// The windows of the weeks to come, as events (RFC 5545): the best `windows_max` of each server and
// of all together.
std::string advice_calendar(const operators::Advice& advice, std::size_t windows_max);
// InfluxDB's line protocol, see docs/capacity.md.
std::string advice_points(const operators::Advice& advice);

}  // namespace dnstorm::cli
