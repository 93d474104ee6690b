// The language of filter's `where`: conditions joined by `and`.
//
//   qr == false and qtype in [A, AAAA] and client in 192.0.2.0/24 and qname under example.com
//
// condition: field operator literal, or field in / not in literal or [literal, literal ...].
// A literal is a word or stands in quotes ('or "), which keep blanks and commas in it. Parsing
// knows nothing of schemas; row_test.hpp gives the words their meaning. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace dnstorm::operators {

enum class FilterOp : std::uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  not_in,
  contains,
  starts_with,
  ends_with,
  under,  // the name itself or any name below it
};

// As it is written: "==", "not in".
std::string_view to_string(FilterOp op);

struct FilterCondition {
  std::string field;
  FilterOp op = FilterOp::equal;
  std::vector<std::string> literals;  // one, but for in and not_in
};

// At least one condition, or an error that says where in the text the fault is.
Result<std::vector<FilterCondition>> parse_filter(std::string_view text);

}  // namespace dnstorm::operators
