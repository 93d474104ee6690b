// The source of `pcap` that captures from interfaces, through a spool on disk if one is asked for.
// Private to this folder.
//
// A task is a capture thread. Several tasks share the packets by the kernel's fanout, a flow always
// with the same task: nothing is copied between threads, and each task has its own rounds and its
// own watermark as any parallel spout has. (Several threads behind one task would need a queue and
// a copy, and lose order between them as well.)
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "capture/pcap/live.hpp"
#include "capture/spool/ring.hpp"
#include "engine/api/options.hpp"
#include "engine/api/spout.hpp"

namespace dnstorm::operators {

struct PcapLiveOptions {
  capture::pcap::LiveOptions live;
  std::string spool;  // folder; empty: none
  capture::spool::Limits spool_limits;
  DurationNs max_disorder = 0;
};

// The groups of the tasks that were made from one operator, by topology and component. Thread-safe.
class LiveGroups {
 public:
  std::shared_ptr<capture::pcap::FanoutGroup> group(const TaskContext& task);

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<capture::pcap::FanoutGroup>> groups_;
};

// The options of a live capture; `interface` must be given. Errors: config.
Result<PcapLiveOptions> pcap_live_options(const Options& options);

std::unique_ptr<Spout> make_pcap_live_spout(PcapLiveOptions options,
                                            std::shared_ptr<LiveGroups> groups);

}  // namespace dnstorm::operators
