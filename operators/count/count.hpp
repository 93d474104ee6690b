// count: how many rows there are per key and window of event time. See count.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef count_operator();

}  // namespace dnstorm::operators
