// What a spool keeps of a chunk of lines: a head of fixed width, then the lines as they are.
//
//   #dnstorm       5000     312345 9ae0daaf
//   qtypes,qtype=A count=12i 1700000000000000000
//   ...
//
// The head says how many points and bytes follow, and their checksum (CRC-32 of both numbers and
// the lines). To a database the head is a comment: a file of frames is line protocol that can be
// delivered by hand. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "operators/sinks/line_chunk.hpp"

namespace dnstorm::operators {

struct FrameHead {
  static constexpr std::size_t bytes_on_disk = 40;
  std::uint32_t points = 0;
  std::uint32_t bytes = 0;  // that follow
  std::uint32_t checksum = 0;
};

// Head and lines. The chunk holds less than 4 GiB.
std::string frame_of(const LineChunk& chunk);
// Nothing if the text does not begin with a head.
std::optional<FrameHead> frame_head(std::string_view text);
// Nothing if the lines are not those that the head was written for.
std::optional<LineChunk> frame_lines(const FrameHead& head, std::string lines);

}  // namespace dnstorm::operators
