// Why an executor has no place, for an operator.
#pragma once

#include <string>

#include "cluster/placement/detail/ledger.hpp"

namespace dnstorm::cluster::detail {

// As things stand in the ledger: no node is without an obstacle.
std::string reason(const Ledger& ledger, std::uint32_t executor);

}  // namespace dnstorm::cluster::detail
