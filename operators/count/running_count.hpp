// Operator `running_count`: what Storm's word count bolts do. Its page is running_count.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef running_count_operator();

}  // namespace dnstorm::operators
