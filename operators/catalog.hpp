// The list of all operators and groupings that are built in; nothing registers itself. More may
// come from plug-ins (engine/api/plugin.hpp).
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

void add_builtin_operators(OperatorRegistry& registry);

}  // namespace dnstorm::operators
