// lookup: rows with fields added from a file, by a key. See lookup.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef lookup_operator();

}  // namespace dnstorm::operators
