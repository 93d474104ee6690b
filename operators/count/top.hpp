// top: the k most frequent items per window of event time, with what each count may be too high by.
// See top.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef top_operator();

}  // namespace dnstorm::operators
