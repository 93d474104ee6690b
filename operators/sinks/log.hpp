// Operator `log`: rows as text, for people. Its page is log.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef log_operator();

}  // namespace dnstorm::operators
