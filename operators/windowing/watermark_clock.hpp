// Storm's watermark of a task that reads several streams: the least of the streams' newest times,
// less a lag; none until every stream has had a row. It never goes back. A row is late if its time
// is before the watermark. A value; belongs to one task.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "operators/event_time.hpp"

namespace dnstorm::operators {

class WatermarkClock {
 public:
  WatermarkClock(std::size_t streams, DurationNs lag) : newest_(streams), lag_(lag) {}

  // False: the row is late.
  bool see(std::size_t stream, TimeNs time) {
    newest_[stream] = std::max(newest_[stream].value_or(time_min), time);
    return time >= watermark_;
  }
  // The new watermark, if there is one since the last call.
  std::optional<TimeNs> advance() {
    TimeNs least = time_max;
    for (const auto& newest : newest_) {
      if (!newest) return {};
      least = std::min(least, *newest);
    }
    TimeNs reached = add_time(least, -lag_);
    if (newest_.empty() || reached <= watermark_) return {};
    watermark_ = reached;
    return reached;
  }

 private:
  std::vector<std::optional<TimeNs>> newest_;
  DurationNs lag_;
  TimeNs watermark_ = time_min;
};

}  // namespace dnstorm::operators
