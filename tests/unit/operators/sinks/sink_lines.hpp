// Chunks of lines for tests of what keeps and delivers them.
#pragma once

#include <string>

#include "operators/sinks/line_chunk.hpp"

namespace dnstorm::operators::testing {

// One line a number, with a line end within a value.
inline LineChunk lines(int from, int to, const std::string& measurement = "m") {
  LineChunk chunk;
  for (int i = from; i < to; ++i) {
    Point point;
    point.series = measurement;
    point.time = i;
    point.fields = {{"text", std::string("line\nend")}};
    chunk.add(point);
  }
  return chunk;
}

}  // namespace dnstorm::operators::testing
