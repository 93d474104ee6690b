// dsc: counts messages as DSC (DNS-OARC's statistics collector) does. See dsc.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef dsc_operator();

}  // namespace dnstorm::operators
