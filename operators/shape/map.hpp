// map: rows with fields computed, renamed, kept and dropped. See map.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef map_operator();

}  // namespace dnstorm::operators
