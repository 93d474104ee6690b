// The progress of a run on standard error: packets, rate and, of a replay, a bar, the share of the
// files and the time left. On a terminal one line that is written over; elsewhere a replay gives a
// plain line each ten seconds, and a live capture, which has no end, none.
#pragma once

#include <string>

#include "board/server/honesty.hpp"
#include "engine/base/time.hpp"
#include "engine/runtime/local_run.hpp"

namespace dnstorm::cli {

// When a plain line is due. Pure.
class ProgressLines {
 public:
  static constexpr DurationNs interval = 10 * ns_per_s;
  // `share` of the files that is read; 0: not known.
  bool due(TimeNs steady, double share);

 private:
  TimeNs next_ = 0;
};

class Progress {
 public:
  explicit Progress(bool enabled);
  // `steady` is the present of the steady clock.
  void show(const board::Honesty& honesty, const runtime::RunStatus& status, TimeNs steady);
  // Ends the line, so that what follows begins on a new one.
  void clear();

 private:
  bool enabled_;
  bool terminal_;
  bool shown_ = false;
  ProgressLines lines_;
  TimeNs start_ = 0;
  TimeNs last_ = 0;
  std::uint64_t last_captured_ = 0;
};

// "[######------]", for a share from 0 to 1.
std::string progress_bar(double share);
// The line itself.
std::string progress_text(std::uint64_t packets, double per_second, double share,
                          double seconds_left);

}  // namespace dnstorm::cli
