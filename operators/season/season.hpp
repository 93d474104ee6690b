// season: what is expected of the minutes of a series, learned while running. See season.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef season_operator();

}  // namespace dnstorm::operators
