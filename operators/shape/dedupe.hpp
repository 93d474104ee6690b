// dedupe: passes on the first of equal rows within a span of event time. See dedupe.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef dedupe_operator();

}  // namespace dnstorm::operators
