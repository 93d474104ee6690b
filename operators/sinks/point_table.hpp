// Points as aligned tables for people: one table a window and measurement. Pure.
#pragma once

#include <string>
#include <vector>

#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

// `points` in canonical order (WindowBuffer::take).
void append_tables(std::string& out, const std::vector<Point>& points);

}  // namespace dnstorm::operators
