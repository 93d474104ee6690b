// The progress line of a run on standard error: packets, rate, share of the files, time left. Only
// on a terminal; a log file gets nothing.
#pragma once

#include <string>

#include "board/server/honesty.hpp"
#include "engine/base/time.hpp"
#include "engine/runtime/local_run.hpp"

namespace dnstorm::cli {

class Progress {
 public:
  explicit Progress(bool enabled);
  // `steady` is the present of the steady clock.
  void show(const board::Honesty& honesty, const runtime::RunStatus& status, TimeNs steady);
  // Ends the line, so that what follows begins on a new one.
  void clear();

 private:
  bool enabled_;
  bool shown_ = false;
  TimeNs start_ = 0;
  TimeNs last_ = 0;
  std::uint64_t last_captured_ = 0;
};

// The line itself.
std::string progress_text(std::uint64_t packets, double per_second, double share,
                          double seconds_left);

}  // namespace dnstorm::cli
