// Some of the packets of a spool, or of captures, as one capture: those of a time that match.
//
//   std::vector<std::string> files = DNSTORM_TRY(spool_files(dir, wish.from, wish.to));
//   Extracted done = DNSTORM_TRY(extract_packets(files, wish, "event.pcap"));
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/spool/segment.hpp"
#include "cli/spool_match.hpp"

namespace dnstorm::cli {

struct ExtractWish {
  TimeNs from = time_min, to = time_max;
  SpoolMatch match = {};
  std::string filter = {};  // BPF; empty: none
  // After so much it ends, and says so. 0: no limit.
  std::uint64_t output_bytes_max = 0;
  std::uint64_t read_bytes_max = 0;
};

struct Extracted {
  std::uint64_t packets = 0;  // written
  std::uint64_t seen = 0;
  std::uint64_t cut_files = 0;  // read up to where they are cut or still being written
  TimeNs oldest = time_max;     // of all that were seen
  bool ended_early = false;     // by a limit
};

struct SpoolSegment {
  std::string path;
  capture::spool::Segment segment;
};

// Of a spool's folder and of its tasks' folders. Errors: no_input.
Result<std::vector<SpoolSegment>> spool_segments(const std::string& dir);

// The files of them that may hold packets of that time.
Result<std::vector<std::string>> spool_files(const std::string& dir, TimeNs from, TimeNs to);

// Writes to `output` (a path; - is standard output), merged by time; a capture without packets if
// there are none. Errors: usage (the filter), data (packets of several link types), io.
Result<Extracted> extract_packets(const std::vector<std::string>& files, ExtractWish wish,
                                  const std::string& output);

}  // namespace dnstorm::cli
