// rssac002: the daily figures of RSSAC002 (measurements of the root server system). See
// rssac002.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef rssac002_operator();

}  // namespace dnstorm::operators
