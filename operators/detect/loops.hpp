// loops: zones whose delegations go round in circles. See loops.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef loops_operator();

}  // namespace dnstorm::operators
