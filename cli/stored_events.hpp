// Security events that a run has written, for a board without one: points of the sink `store` (with
// `unbounded_tags`), or lines of `json_lines`, by dnstorm's names of fields or by ECS'.
#pragma once

#include <cstddef>
#include <string>

#include "cli/event_log.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cli {

// How many rows were events; of an event the last row counts. Points and lines that are none are
// passed over. Errors: no_input, io, data.
Result<std::size_t> read_stored_events(const std::string& path, EventLog& log);

}  // namespace dnstorm::cli
