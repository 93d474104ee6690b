// Some lines of line protocol in one text. A line may hold line ends (within quotes), so where each
// begins is kept. A value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/sinks/line_protocol.hpp"

namespace dnstorm::operators {

struct LineChunk {
  std::string text;
  std::vector<std::uint32_t> starts;

  std::size_t points() const { return starts.size(); }
  std::size_t bytes() const { return text.size(); }
  bool empty() const { return starts.empty(); }
  void add(const Point& point) {
    auto start = static_cast<std::uint32_t>(text.size());
    if (append_line(text, point)) starts.push_back(start);
  }
  void append(const LineChunk& other) {
    auto shift = static_cast<std::uint32_t>(text.size());
    text += other.text;
    for (std::uint32_t start : other.starts) starts.push_back(start + shift);
  }
  // The first half and the rest; of at least two points.
  std::pair<LineChunk, LineChunk> halves() const {
    std::size_t half = points() / 2;
    std::uint32_t cut = starts[half];
    std::pair<LineChunk, LineChunk> out;
    out.first = {text.substr(0, cut),
                 {starts.begin(), starts.begin() + static_cast<std::ptrdiff_t>(half)}};
    out.second.text = text.substr(cut);
    for (std::size_t i = half; i < points(); ++i) out.second.starts.push_back(starts[i] - cut);
    return out;
  }
};

}  // namespace dnstorm::operators
