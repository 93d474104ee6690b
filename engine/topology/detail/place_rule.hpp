// `place` of a spout or bolt: which nodes of a cluster run it.
#pragma once

#include "engine/topology/detail/fields.hpp"

namespace dnstorm::topology::detail {

// Of the component that `owner` reads; without it an empty rule.
PlaceRule read_place_rule(Fields& owner, Problems& problems);

}  // namespace dnstorm::topology::detail
