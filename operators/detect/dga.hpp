// dga: finds clients that look for generated names. See dga.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef dga_operator();

}  // namespace dnstorm::operators
