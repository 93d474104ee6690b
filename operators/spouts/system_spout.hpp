// system: a source of what the engine does: ticks, and the numbers of all tasks. See
// system_spout.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef system_operator();

}  // namespace dnstorm::operators
