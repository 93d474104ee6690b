// The `prometheus` sink: rows as metrics that Prometheus scrapes at GET /metrics of the board's
// server, beside the engine's own. It keeps them in the run's Exposition (exposition.hpp); where a
// run has none, nobody can scrape, and that is told.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef prometheus_operator();

}  // namespace dnstorm::operators
