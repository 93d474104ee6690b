// first_tasks: see first_tasks.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

GroupingDef first_tasks_grouping();

}  // namespace dnstorm::operators
