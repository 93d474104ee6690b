// Event time of a packet source. Packets of a capture are nearly in order: the watermark trails the
// newest packet by `disorder`, and a packet older than the watermark is moved up to it. What
// results depends on the order of the packets only, never on how they were batched or how fast they
// came.
#pragma once

#include <algorithm>

#include "engine/api/state.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::operators {

class EventClock {
 public:
  explicit EventClock(DurationNs disorder) : disorder_(disorder) {}

  // The time under which the packet counts.
  TimeNs admit(TimeNs packet) {
    if (packet < watermark_) {
      ++moved_;
      return watermark_;
    }
    if (packet > time_min + disorder_) watermark_ = std::max(watermark_, packet - disorder_);
    return packet;
  }
  // A source that is silent has seen everything up to `now`.
  void idle_until(TimeNs now) { watermark_ = std::max(watermark_, now - disorder_); }

  TimeNs watermark() const { return watermark_; }
  std::uint64_t moved() const { return moved_; }
  void save(StateWriter& out) const {
    out.put(watermark_);
    out.put(moved_);
  }
  void restore(StateReader& in) {
    watermark_ = in.get<TimeNs>();
    moved_ = in.get<std::uint64_t>();
  }

 private:
  DurationNs disorder_;
  TimeNs watermark_ = time_min;
  std::uint64_t moved_ = 0;
};

}  // namespace dnstorm::operators
