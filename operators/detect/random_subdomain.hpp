// random_subdomain: names below a domain that nobody has asked for before and that do not exist, in
// great number (water torture). See random_subdomain.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef random_subdomain_operator();

}  // namespace dnstorm::operators
