// The walls of a board as `dnstorm top` shows them. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace dnstorm::cli {

// Of GET /api/snapshot (board/README.md), in the order of the page's tabs:
// [{panel, title, total, keys, overflow, cells: [{key, count, share, mark}]}], most counted first.
nlohmann::ordered_json walls_of(const nlohmann::ordered_json& snapshot);

// The line above a wall: which one it is, and what the sums below it say on the page. `chosen` is
// counted round and round.
std::string wall_heading(const nlohmann::ordered_json& walls, std::size_t chosen);

}  // namespace dnstorm::cli
