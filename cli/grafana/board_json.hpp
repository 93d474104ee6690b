// A board as Grafana keeps it: the JSON of its dashboards (schema 38, that of Grafana 10; later
// ones bring it up to their own). Pure; the same board gives the same bytes.
#pragma once

#include <string>

#include "cli/grafana/panel.hpp"
#include "cli/grafana/query.hpp"

namespace dnstorm::cli::grafana {

// What boards call the data source: the same in all of them.
std::string source_uid(Language language);

std::string board_json(const Board& board, Language language);

}  // namespace dnstorm::cli::grafana
