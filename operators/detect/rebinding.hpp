// rebinding: public names that answer with private addresses. See rebinding.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef rebinding_operator();

}  // namespace dnstorm::operators
