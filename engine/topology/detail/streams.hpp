// The streams of a topology file: from where to where, and by which grouping.
#pragma once

#include "engine/topology/detail/objects.hpp"

namespace dnstorm::topology::detail {

Stream read_stream(const Node& node, Objects& objects, Problems& problems);

}  // namespace dnstorm::topology::detail
