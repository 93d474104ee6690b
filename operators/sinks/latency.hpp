// latency: see latency.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef latency_operator();

}  // namespace dnstorm::operators
