// A segment of a spool: a pcapng file whose name says what is in it, so that the names of a folder
// are the index of its times and no second file can contradict them.
//
//   s0000000007_61440.part                             packets from number 61,440 on; being written
//   s0000000007_61440_8192_1764000000000000000_1764000009999999999.pcapng
//                                                      8,192 packets of these times (ns since 1970)
//
// A file gets its last name when it is complete. Pure but for find_segments().
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::spool {

struct Segment {
  std::uint64_t number = 0;   // of the segment, from 1
  std::uint64_t base = 0;     // number of its first packet, from 0
  std::uint64_t packets = 0;  // if complete
  TimeNs first = 0, last = 0;
  bool complete = false;
  std::uint64_t bytes = 0;  // of the file; not in the name
};

std::string segment_name(const Segment& segment);
// Nothing for a name that segment_name() does not make.
std::optional<Segment> parse_segment_name(std::string_view name);

// What a segment that was cut anywhere still holds: whole blocks from its beginning.
struct Scan {
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  TimeNs first = 0, last = 0;
};
Scan scan_segment(std::span<const std::uint8_t> file);

// The segments in a folder, oldest first. Other files are none of the spool's. Errors: no_input.
Result<std::vector<Segment>> find_segments(const std::string& folder);

}  // namespace dnstorm::capture::spool
