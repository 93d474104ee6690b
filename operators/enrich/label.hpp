// label: numbers replaced by their names, or names added beside. See label.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef label_operator();

}  // namespace dnstorm::operators
