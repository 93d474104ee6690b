// InfluxDB's line protocol: what a point looks like on the wire. Pure functions.
// Source: docs.influxdata.com, "Line protocol", and what InfluxDB 1.6.7 makes of it.
//
//   measurement,tag=value field=1i,other="text" 1700000000000000000
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

// Commas and blanks escaped. Line ends become the two characters \n: outside of quotes they would
// end the line.
void append_measurement(std::string& out, std::string_view name);
// Tag names, tag values and field names: commas, blanks and equals signs escaped. A backslash at
// the end would escape the delimiter that follows; a blank is put behind it, the only way to keep
// it.
void append_tag_text(std::string& out, std::string_view text);
// In quotes, with quotes and backslashes escaped; line ends stand as they are.
void append_field_string(std::string& out, std::string_view text);
void append_field_value(std::string& out, const PointValue& value);

// The whole line with its line end. False, with nothing appended, if the point has no field.
bool append_line(std::string& out, const Point& point);

// Where the lines of such a text begin: line ends within quoted values do not end a line.
std::vector<std::uint32_t> line_starts(std::string_view text);

}  // namespace dnstorm::operators
