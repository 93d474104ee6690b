// anonymize: replaces addresses and names before they leave the process. See anonymize.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef anonymize_operator();

}  // namespace dnstorm::operators
