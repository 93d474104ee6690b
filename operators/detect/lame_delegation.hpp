// lame_delegation: servers that do not answer for a zone that is delegated to them. See
// lame_delegation.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef lame_delegation_operator();

}  // namespace dnstorm::operators
