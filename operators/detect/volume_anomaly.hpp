// volume_anomaly: see volume_anomaly.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef volume_anomaly_operator();

}  // namespace dnstorm::operators
