// union: several streams of the same fields passed on as one. See union.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef union_operator();

}  // namespace dnstorm::operators
