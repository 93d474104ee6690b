// distinct: how many different items there are per window of event time. See distinct.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef distinct_operator();

}  // namespace dnstorm::operators
