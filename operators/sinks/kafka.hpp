// The `kafka` sink: rows as JSON records of a topic. Rows are sent when their window is closed;
// before a checkpoint all that was sent has been taken by the cluster.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef kafka_operator();

}  // namespace dnstorm::operators
