// The source of `pcap` that reads files: merged by time or one after the other, or those that come
// into a watched folder. Private to this folder.
#pragma once

#include <memory>

#include "capture/pcap/file_queue.hpp"
#include "engine/api/options.hpp"
#include "engine/api/spout.hpp"
#include "operators/spouts/replay_clock.hpp"

namespace dnstorm::operators {

struct PcapFileOptions {
  std::vector<std::string> files;
  std::string watch;  // a folder or pattern; empty: none
  capture::pcap::FileOrder order = capture::pcap::FileOrder::time;
  std::string filter;
  ReplayClock replay;
  TimeNs from = time_min, to = time_max;  // packets of this time on, and before that time
  DurationNs max_disorder = 0;
};

// Errors: config, with the option at fault.
Result<PcapFileOptions> pcap_file_options(const Options& options);

std::unique_ptr<Spout> make_pcap_file_spout(PcapFileOptions options);

}  // namespace dnstorm::operators
