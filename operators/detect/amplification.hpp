// amplification: see amplification.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef amplification_operator();

}  // namespace dnstorm::operators
