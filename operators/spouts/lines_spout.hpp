// lines: the lines of text files, one row each. See lines_spout.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef lines_operator();

}  // namespace dnstorm::operators
