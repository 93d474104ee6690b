// Offers the history of a topology to the pages of its board: what its `store` sinks have written.
#pragma once

#include "cli/board_data.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::cli {

// Nothing is added if it has no such sink.
void offer_history(const plan::Plan& plan, BoardData& data);

}  // namespace dnstorm::cli
