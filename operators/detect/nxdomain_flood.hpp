// nxdomain_flood: see nxdomain_flood.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef nxdomain_flood_operator();

}  // namespace dnstorm::operators
