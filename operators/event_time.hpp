// Arithmetic of event time that holds at the ends of time: a packet may carry any time.
#pragma once

#include "engine/base/time.hpp"

namespace dnstorm::operators {

inline TimeNs add_time(TimeNs a, DurationNs b) {
  TimeNs sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return b > 0 ? time_max : time_min;
  return sum;
}

// So long before a watermark; that of the end of input is never reached by a row.
inline TimeNs time_before(TimeNs watermark, DurationNs lateness) {
  return watermark == time_max ? time_max : add_time(watermark, -lateness);
}

// How much later `b` is than `a`; 0 if it is not.
inline DurationNs time_from_to(TimeNs a, TimeNs b) {
  if (b <= a) return 0;
  DurationNs difference = 0;
  if (__builtin_sub_overflow(b, a, &difference)) return time_max;
  return difference;
}

}  // namespace dnstorm::operators
