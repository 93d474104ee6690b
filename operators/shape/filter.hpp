// filter: passes the rows on that meet all conditions of an expression. See filter.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef filter_operator();

}  // namespace dnstorm::operators
