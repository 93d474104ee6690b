// typosquat: finds look-alikes of protected domains. See typosquat.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef typosquat_operator();

}  // namespace dnstorm::operators
