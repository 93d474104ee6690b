// The `text` sink: points as text to a file or to standard output, in line protocol, as JSON lines
// or as aligned tables. For a look, for pipes and for golden tests: the same input gives the same
// bytes.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef text_operator();

}  // namespace dnstorm::operators
