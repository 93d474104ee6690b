// latency_degradation: servers that answer more slowly than is usual of them. See
// latency_degradation.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef latency_degradation_operator();

}  // namespace dnstorm::operators
