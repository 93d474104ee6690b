// tunnel: finds what is carried out in the names of queries. See tunnel.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef tunnel_operator();

}  // namespace dnstorm::operators
