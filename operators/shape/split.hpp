// split: see split.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef split_operator();

}  // namespace dnstorm::operators
