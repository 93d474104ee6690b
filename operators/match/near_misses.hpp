// near_misses: of the responses that match calls unsolicited, those that all but belong to a query
// that waited for its response. See near_misses.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

// Values of the field `difference`; named by the label table "match_difference".
enum class MatchDifference : std::uint8_t {
  none = 0,  // no query is near
  id = 1,
  client_port = 2,
  server_port = 3,
  question = 4
};

OperatorDef near_misses_operator();

}  // namespace dnstorm::operators
