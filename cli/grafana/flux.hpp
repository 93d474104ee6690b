// Flux of panels; for query.hpp. Columns are written r["name"] throughout: Grafana replaces every
// r.bucket by the name of its bucket.
#pragma once

#include <string>

#include "cli/grafana/panel.hpp"

namespace dnstorm::cli::grafana {

std::string flux_of(const Panel& panel);
// Columns _time, text and tags (with commas), as Grafana looks for them.
std::string flux_of(const Annotation& annotation);
std::string flux_values(const Variable& variable);

}  // namespace dnstorm::cli::grafana
