// newly_observed: finds domains that nobody has asked for before. See newly_observed.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef newly_observed_operator();

}  // namespace dnstorm::operators
