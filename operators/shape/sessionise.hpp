// sessionise: tells rows which session of their key they belong to. See sessionise.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef sessionise_operator();

}  // namespace dnstorm::operators
