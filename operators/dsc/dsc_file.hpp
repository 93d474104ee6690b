// dsc_file: writes the intervals of `dsc` as DSC's XML and JSON files. See dsc_file.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef dsc_file_operator();

}  // namespace dnstorm::operators
