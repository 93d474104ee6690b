// join: rows of several inputs that have a key in common within a window of event time. See
// join.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef join_operator();

}  // namespace dnstorm::operators
