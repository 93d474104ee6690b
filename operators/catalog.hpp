// The list of all operators that a topology file can name. An operator that is not in it does not
// exist; nothing registers itself.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

void add_builtin_operators(OperatorRegistry& registry);

}  // namespace dnstorm::operators
