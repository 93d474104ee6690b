// fan_out: domains for which a resolver asks far more than its clients do. See fan_out.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef fan_out_operator();

}  // namespace dnstorm::operators
