// dnssec_failure: zones whose answers resolvers reject. See dnssec_failure.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef dnssec_failure_operator();

}  // namespace dnstorm::operators
