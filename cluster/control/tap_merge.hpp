// The lines of a tap's workers (cli/tap.hpp: {"tap":...}, {"at":...}, {"counts":...}) as those of
// one tap: rows of all of them, no more than its rate in any second, and counts that are the sums.
//
//   TapMerge tap(head, 100, now);
//   tap.take("n1", "{\"at\":...}\n", now);    // whole lines, as a worker sent them
//   tap.take_lines(now);                      // what is new; the first line is the head
//
// What waits for the reader is bounded: what does not fit is not shown, and that is counted. Pure;
// used by one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/telemetry/sampler.hpp"

namespace dnstorm::cluster {

class TapMerge {
 public:
  TapMerge(std::string head, std::uint32_t rate, TimeNs now);

  void take(const std::string& node, std::string_view lines, TimeNs now);
  void end(std::string reason);  // the first one counts
  std::string take_lines(TimeNs now);
  bool ended() const { return end_told_; }

 private:
  struct Counts {
    std::uint64_t seen = 0;
    std::uint64_t matched = 0;
  };
  struct Worker {
    Counts before;  // of taps that it had: it has begun anew, or was not asked for some time
    Counts now;
  };
  void take_line(Worker& worker, std::string_view line);
  void show(const std::vector<std::string_view>& rows, TimeNs now);
  Counts sum() const;
  std::string counts() const;

  std::size_t rows_max_;
  Sampler sampler_;
  std::string waiting_;                    // lines
  std::size_t rows_ = 0;                   // of them
  std::map<std::string, Worker> workers_;  // by node
  std::uint64_t shown_ = 0;
  std::uint64_t seen_told_ = 0;
  TimeNs next_counts_;
  TimeNs next_quiet_;
  bool over_ = false;
  std::string reason_;
  bool end_told_ = false;
};

}  // namespace dnstorm::cluster
