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
  // With its line end.
  std::string_view line(std::size_t i) const {
    std::size_t end = i + 1 < starts.size() ? starts[i + 1] : text.size();
    return std::string_view(text).substr(starts[i], end - starts[i]);
  }
  void add(const Point& point) {
    auto start = static_cast<std::uint32_t>(text.size());
    if (append_line(text, point)) starts.push_back(start);
  }
  void add_line(std::string_view line) {
    starts.push_back(static_cast<std::uint32_t>(text.size()));
    text += line;
  }
  void append(const LineChunk& other) {
    auto shift = static_cast<std::uint32_t>(text.size());
    text += other.text;
    for (std::uint32_t start : other.starts) starts.push_back(start + shift);
  }
  // The lines for which goes_first(number) is true, and the others; each in their order.
  template <class GoesFirst>
  std::pair<LineChunk, LineChunk> split(GoesFirst goes_first) const {
    std::pair<LineChunk, LineChunk> out;
    for (std::size_t i = 0; i < points(); ++i)
      (goes_first(i) ? out.first : out.second).add_line(line(i));
    return out;
  }
  // The first half and the rest; of at least two points.
  std::pair<LineChunk, LineChunk> halves() const {
    return split([half = points() / 2](std::size_t i) { return i < half; });
  }
};

}  // namespace dnstorm::operators
