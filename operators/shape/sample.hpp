// sample: one row in N, with the weight that counts need. See sample.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef sample_operator();

}  // namespace dnstorm::operators
