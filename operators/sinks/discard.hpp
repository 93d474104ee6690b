// discard: see discard.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef discard_operator();

}  // namespace dnstorm::operators
