// Offers the history of a topology to the pages of its board: what its `store` sinks have written.
#pragma once

#include <vector>

#include "cli/board_data.hpp"
#include "cli/history/history.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::cli {

// Its stores, those of open sets (events and the like) last.
std::vector<HistoryFile> history_files(const plan::Plan& plan);

// Nothing is added if there is no file.
void offer_history(std::vector<HistoryFile> files, BoardData& data);

}  // namespace dnstorm::cli
