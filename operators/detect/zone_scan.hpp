// zone_scan: see zone_scan.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef zone_scan_operator();

}  // namespace dnstorm::operators
