// identity: see identity.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef identity_operator();

}  // namespace dnstorm::operators
