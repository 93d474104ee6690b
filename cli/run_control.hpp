// What may be changed in a run that goes on: for POST /api/control of the board's server.
#pragma once

#include <string>

#include "board/server/server.hpp"
#include "engine/runtime/local_run.hpp"

namespace dnstorm::cli {

// `rebalance` (component, executors), `activate`, `deactivate`: says what has been done. Fails with
// kind `usage` if the request does not fit the topology.
Result<std::string> control(runtime::LocalRun& run, const board::ControlRequest& request);

}  // namespace dnstorm::cli
