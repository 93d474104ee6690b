// direction: tells by the server's own addresses which way a message goes. See direction.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

// Values of the added field; named by the label table "direction".
enum class Direction : std::uint8_t { unknown = 0, in = 1, out = 2, internal = 3 };

OperatorDef direction_operator();

}  // namespace dnstorm::operators
