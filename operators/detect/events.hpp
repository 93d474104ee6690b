// events: what all detectors found, without what is allowed, muted, too small or too much. See
// events.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef events_operator();

}  // namespace dnstorm::operators
