// Points as JSON text. Pure functions; numbers in their shortest form that reads back the same.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

// The length of the UTF-8 sequence at the begin of `text`, which is not empty; 0 if there is none
// (RFC 3629).
std::size_t utf8_length(std::string_view text);
// In quotes, escaped as RFC 8259 asks. Bytes above 0x7f that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
// {"qtype":"AAAA"}
void append_json_tags(std::string& out, const Point& point);
// {"count":12}
void append_json_fields(std::string& out, const Point& point);

}  // namespace dnstorm::operators
