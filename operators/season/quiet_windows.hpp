// When it is quiet enough for maintenance: the hours of the week at which a window of some length
// can begin, quietest first.
//
//   WindowQuestion question{.length = 2 * ns_per_hour, .from = now, .weeks = 4};
//   question.watched = {{fleet.total(), threshold}};
//   for (const QuietWindow& window : quiet_windows(fleet.total(), question)) ...
//
// Windows that are found do not overlap, but for pairs that share half of their time at most and
// are as quiet as each other as far as can be said: the choice between them is whoever asks's.
// Those with more risk than is wanted come last.
#pragma once

#include <vector>

#include "operators/season/fleet.hpp"

namespace dnstorm::operators {

// Something that must not be asked for more than so much in a minute of the window.
struct Watched {
  LoadView view;
  double threshold = 0;
};

struct WindowQuestion {
  DurationNs length = 2 * ns_per_hour;
  Hour from = 0;        // windows begin there or later
  int weeks = 4;        // for so many weeks
  int past_weeks = 26;  // that are looked at for what was
  double risk_max = 0.05;
  std::size_t top = 5;
  std::vector<Watched> watched = {};  // all of them at once
};

struct QuietWindow {
  int slot = 0;              // hour of the week at which it begins
  std::vector<Hour> starts;  // in the weeks to come
  double expected = 0;       // count a minute, the mean of the window and of its weeks
  double worst = 0;          // what its busiest minute stays below in 19 of 20 windows
  double risk = 0;           // that a minute passes a threshold, in the worst of its weeks
  int weeks_known = 0;       // weeks of the past that it is wholly known in,
  int weeks_quiet = 0;       // in which it was among the quietest tenth of all windows,
  int weeks_exceeded = 0;    // in which a minute passed a threshold
};

std::vector<QuietWindow> quiet_windows(const LoadView& view, const WindowQuestion& question);

// The probability that a minute of [start, start + length) passes the threshold. How far the
// forecast is off is taken to be common to the whole window.
double risk_of(const LoadView& view, Hour start, DurationNs length, double threshold);

}  // namespace dnstorm::operators
