// fast_flux: names whose addresses change all the time, all over the internet. See fast_flux.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef fast_flux_operator();

}  // namespace dnstorm::operators
