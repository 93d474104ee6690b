// quantiles: how a number is distributed, per key and window of event time. See quantiles.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef quantiles_operator();

}  // namespace dnstorm::operators
