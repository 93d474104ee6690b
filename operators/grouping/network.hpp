// network: see network.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

GroupingDef network_grouping();

}  // namespace dnstorm::operators
