#include "capture/spool/segment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "capture/spool/blocks.hpp"

namespace dnstorm::capture::spool {

namespace fs = std::filesystem;

std::string segment_name(const Segment& segment) {
  std::string begin = fmt::format("s{:010}_{}", segment.number, segment.base);
  if (!segment.complete) return begin + ".part";
  return fmt::format("{}_{}_{}_{}.pcapng", begin, segment.packets, segment.first, segment.last);
}

std::optional<Segment> parse_segment_name(std::string_view name) {
  Segment segment;
  const char* at = name.data();
  const char* end = at + name.size();
  auto number = [&](char before, auto& value) {
    if (at == end || *at++ != before) return false;
    auto [rest, problem] = std::from_chars(at, end, value);
    at = rest;
    return problem == std::errc();
  };
  if (!number('s', segment.number) || !number('_', segment.base)) return std::nullopt;
  std::string_view rest(at, static_cast<std::size_t>(end - at));
  if (rest != ".part") {
    if (!number('_', segment.packets) || !number('_', segment.first) ||
        !number('_', segment.last) || segment.packets > UINT64_MAX - segment.base)
      return std::nullopt;
    segment.complete = true;
  }
  // One way to write each: anything else is somebody else's file.
  if (segment_name(segment) != name) return std::nullopt;
  return segment;
}

Scan scan_segment(std::span<const std::uint8_t> file) {
  Scan scan;
  for (;;) {
    std::optional<BlockView> block = first_block(file.subspan(scan.bytes));
    if (!block) return scan;
    // A segment is one section: what does not begin with it is no segment.
    if ((block->type == block_section) != (scan.bytes == 0)) return scan;
    if (auto packet = packet_in(*block)) {
      scan.first = scan.packets == 0 ? packet->time : std::min(scan.first, packet->time);
      scan.last = scan.packets == 0 ? packet->time : std::max(scan.last, packet->time);
      ++scan.packets;
    } else if (block->type == block_packet) {
      return scan;
    }
    scan.bytes += block->bytes.size();
  }
}

Result<std::vector<Segment>> find_segments(const std::string& folder) {
  std::vector<Segment> segments;
  std::error_code problem;
  for (fs::directory_iterator it(folder, problem), end; !problem && it != end;
       it.increment(problem)) {
    auto segment = parse_segment_name(it->path().filename().string());
    if (!segment) continue;
    std::error_code gone;  // the spool's owner may just have removed it
    segment->bytes = it->file_size(gone);
    if (!gone) segments.push_back(*segment);
  }
  if (problem)
    return Error{ErrorKind::no_input, fmt::format("{}: {}", folder, problem.message()), "dir"};
  std::ranges::sort(segments, {}, &Segment::number);
  return segments;
}

}  // namespace dnstorm::capture::spool
