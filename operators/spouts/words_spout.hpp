// words: a source of words from a list, for trying out topologies and for measuring the engine. See
// words_spout.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef words_operator();

}  // namespace dnstorm::operators
