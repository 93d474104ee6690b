// match: pairs responses with the queries that they answer and measures the response time. See
// match.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

// Values of the field `status`; named by the label table "match_status" (operators/labels.hpp).
enum class MatchStatus : std::uint8_t {
  answered = 0,
  unanswered = 1,
  unsolicited = 2,
  duplicate = 3,
  mismatched = 4,  // a response that all but belongs to a query
  given_up = 5     // a query that the limits pushed out
};

OperatorDef match_operator();

}  // namespace dnstorm::operators
