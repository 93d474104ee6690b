// geo: adds country, city and autonomous system of addresses. See geo.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef geo_operator();

}  // namespace dnstorm::operators
