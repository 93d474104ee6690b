// route: rows go to named streams by conditions. See route.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef route_operator();

}  // namespace dnstorm::operators
