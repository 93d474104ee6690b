// aggregate: sums, means, extremes, first and last values of fields, per key and window of event
// time. See sums.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef aggregate_operator();

}  // namespace dnstorm::operators
