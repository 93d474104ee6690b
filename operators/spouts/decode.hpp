// `decode`: packets in, DNS messages out. Every packet ends in exactly one of four classes:
//
//   captured = parsed + malformed + not DNS + filtered
//
// which finish() asserts. A malformed message whose header was readable is still a row of the
// default stream (with `malformed` set), as any server would count it; why it is malformed is
// counted.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef decode_operator();

}  // namespace dnstorm::operators
