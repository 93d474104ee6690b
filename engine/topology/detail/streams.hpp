// The streams of a topology file: from where to where, and by which grouping.
#pragma once

#include "engine/topology/detail/fields.hpp"

namespace dnstorm::topology::detail {

Stream read_stream(const Node& node, Problems& problems);

}  // namespace dnstorm::topology::detail
