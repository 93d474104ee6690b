// tee: every row on several named streams. See tee.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef tee_operator();

}  // namespace dnstorm::operators
