// histogram: how many numbers fall into each bucket, per key and window of event time. See
// histogram.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef histogram_operator();

}  // namespace dnstorm::operators
