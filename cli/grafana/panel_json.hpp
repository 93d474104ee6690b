// A panel as part of a board's JSON; for board_json.cpp.
#pragma once

#include <nlohmann/json.hpp>

#include "cli/grafana/panel.hpp"
#include "cli/grafana/query.hpp"

namespace dnstorm::cli::grafana {

nlohmann::ordered_json source_json(Language language);

nlohmann::ordered_json panel_json(const Panel& panel, int id, nlohmann::ordered_json position,
                                  Language language);

}  // namespace dnstorm::cli::grafana
