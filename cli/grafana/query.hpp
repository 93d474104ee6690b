// The query of a panel, in either language, with Grafana's own words for the time and the width of
// an interval ($timeFilter, $__interval; v.timeRangeStart, v.windowPeriod). Pure.
#pragma once

#include <string>

#include "cli/grafana/panel.hpp"

namespace dnstorm::cli::grafana {

enum class Language : std::uint8_t { influxql, flux };

std::string query_of(const Panel& panel, Language language);

std::string query_of(const Annotation& annotation, Language language);

// The values that there are of a tag.
std::string values_query(const Variable& variable, Language language);

}  // namespace dnstorm::cli::grafana
