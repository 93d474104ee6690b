// poisoning: answers by which somebody tries to get into a resolver's cache. See poisoning.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef poisoning_operator();

}  // namespace dnstorm::operators
