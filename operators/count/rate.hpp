// rate: how many rows, or how much, there is in a second, per key and window. See rate.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef rate_operator();

}  // namespace dnstorm::operators
