// Tells what was lost before the topology saw it: as rows of the stream `drops` and as counters.
// Pure: counts and the present are handed in.
#pragma once

#include <string>
#include <vector>

#include "capture/pcap/live.hpp"
#include "engine/api/emitter.hpp"
#include "engine/api/task_context.hpp"
#include "operators/spouts/drop_schema.hpp"

namespace dnstorm::operators {

class DropReporter {
 public:
  static constexpr std::size_t stream = 1;  // of the spout
  static constexpr DurationNs interval = 100 * ns_per_ms;
  static constexpr int zero_rows_every = 10;  // intervals

  // Counters dropped_kernel and dropped_interface, and both by interface where there are several.
  DropReporter(const TaskContext& task, std::vector<std::string> interfaces);

  // Whether it is time to ask the kernel again.
  bool due(TimeNs steady_now) const { return steady_now >= next_; }
  // A row for each loss; every so often for none as well, so that a window without a loss says so.
  void report(const std::vector<capture::pcap::Drops>& drops, TimeNs steady_now, TimeNs event_time,
              Emitter& out);
  // A row for packets that a spool could not write since the last call. `total`: since the
  // beginning.
  void report_unwritten(std::uint64_t total, TimeNs event_time, Emitter& out);
  // The counters alone.
  void count(const std::vector<capture::pcap::Drops>& drops);

 private:
  struct Reason {
    std::size_t interface;
    std::string name;
    std::uint64_t told = 0;
    Counter* counter = nullptr;  // of this interface; null where there is only one
  };
  void row(std::string_view interface, std::string_view reason, std::uint64_t packets,
           TimeNs event_time, Emitter& out) const;

  std::vector<std::string> interfaces_;
  std::vector<Reason> reasons_;  // kernel and interface, for each interface
  bool interface_losses_;        // they are the interface's: one task tells them
  DropFields fields_;
  TimeNs next_ = time_min;
  int reports_ = 0;
  std::uint64_t unwritten_told_ = 0;
  Counter* kernel_;
  Counter* interface_;
};

}  // namespace dnstorm::operators
