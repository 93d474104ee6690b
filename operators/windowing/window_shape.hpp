// The arithmetic of windows over an axis: event time, processing time, or the numbers of rows.
//
// Windows [end - length, end) end at the multiples of `slide`. They consist of panes, which begin
// at the multiples of the greatest common divisor of the two: what is known of a pane serves every
// window that it is in, so that a row is worked on once however many windows it belongs to
// (Li et al., No pane, no gain, SIGMOD Record 34, 2005). Tumbling: slide = length, a window is its
// one pane. Length 0: one window over the whole input. A value.
#pragma once

#include "operators/event_time.hpp"

namespace dnstorm::operators {

// A range of the axis. The window over the whole input is [0, 0): it has no bounds of its own, and
// must be the same for every task.
struct WindowBounds {
  TimeNs start = 0;
  TimeNs end = 0;
};

// The multiple-aligned range of this width that holds `time`; floor division, so that times before
// 1970 have ranges of their own.
inline WindowBounds window_of(TimeNs time, DurationNs width) {
  DurationNs into = time % width;
  if (into < 0) into += width;
  return {add_time(time, -into), add_time(time, width - into)};
}

class WindowShape {
 public:
  WindowShape() = default;
  // 0 < slide <= length, or both 0.
  WindowShape(DurationNs length, DurationNs slide);

  bool whole() const { return length_ == 0; }
  bool slides() const { return slide_ != length_; }
  DurationNs length() const { return length_; }
  DurationNs slide() const { return slide_; }
  DurationNs panes() const { return whole() ? 1 : length_ / pane_; }

  WindowBounds pane_of(TimeNs time) const {
    return whole() ? WindowBounds{} : window_of(time, pane_);
  }
  WindowBounds window_to(TimeNs end) const { return {add_time(end, -length_), end}; }
  // The end of the first window that ends after `time`; time_max if that is beyond all time.
  TimeNs end_after(TimeNs time) const { return window_of(time, slide_).end; }
  // The end of the last window that holds the pane which begins here.
  TimeNs last_end(TimeNs pane_start) const {
    return window_of(add_time(pane_start, length_), slide_).start;
  }

 private:
  DurationNs length_ = 0;
  DurationNs slide_ = 0;
  DurationNs pane_ = 0;
};

}  // namespace dnstorm::operators
