// open_resolver: recursion where none should be. See open_resolver.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef open_resolver_operator();

}  // namespace dnstorm::operators
