// The progress of a run on standard error: packets, rate and, of a replay, a bar, the share of the
// files, how many of them are done, bytes a second and the time left. On a terminal one line that
// is written over; elsewhere a replay gives a plain line each ten seconds, and a live capture,
// which has no end, none.
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
  std::uint64_t start_bytes_ = 0;  // read before: a resumed run has not needed time for them
};

// "[######------]", for a share from 0 to 1.
std::string progress_bar(double share);
struct ProgressState {
  std::uint64_t packets = 0;
  double packets_per_second = 0;
  double share = 0;  // of the files' bytes; 0: not known
  double seconds_left = 0;
  std::uint64_t files_done = 0, files = 0;
  double bytes_per_second = 0;  // of the files, as they lie on disk
};
// The line itself. Files and bytes are told where there are several files.
std::string progress_text(const ProgressState& state);

}  // namespace dnstorm::cli
