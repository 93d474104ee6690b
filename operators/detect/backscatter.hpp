// backscatter: what a server hears of forged answers in its name. See backscatter.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef backscatter_operator();

}  // namespace dnstorm::operators
