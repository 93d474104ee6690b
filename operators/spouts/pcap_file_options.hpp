// What is asked of the source of `pcap` that reads files. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capture/pcap/file_queue.hpp"
#include "engine/api/options.hpp"
#include "operators/note.hpp"
#include "operators/spouts/replay_clock.hpp"

namespace dnstorm::operators {

struct PcapFileOptions {
  std::vector<std::string> files;  // and folders
  std::string pattern;             // of the files below folders; empty: all
  bool leave_damaged = false;      // a damaged file ends nothing but itself
  // Threads that read files ahead, and how much; without a value: of folders, the usual number.
  std::optional<unsigned> readers;
  std::size_t read_ahead = 0;
  std::string watch;  // a folder or pattern; empty: none
  capture::pcap::FileOrder order = capture::pcap::FileOrder::time;
  std::string filter;
  ReplayClock replay;
  TimeNs from = time_min, to = time_max;  // packets of this time on, and before that time
  DurationNs max_disorder = 0;
  Note note = note_on_stderr();  // of files that are left
};

// Errors: config, with the option at fault.
Result<PcapFileOptions> pcap_file_options(const Options& options);

}  // namespace dnstorm::operators
