// InfluxQL of panels; for query.hpp.
#pragma once

#include <string>

#include "cli/grafana/panel.hpp"

namespace dnstorm::cli::grafana {

std::string influxql_of(const Panel& panel);
std::string influxql_of(const Annotation& annotation);
std::string influxql_values(const Variable& variable);

}  // namespace dnstorm::cli::grafana
