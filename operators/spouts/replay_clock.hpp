// When a packet of a file is due, for a replay at N times the speed of the capture. Pure: the
// present is handed in.
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

class ReplayClock {
 public:
  // "max" (no clock), "1x", "0.5x", "10x". Nothing for anything else.
  static std::optional<ReplayClock> parse(std::string_view text);

  bool paced() const { return speed_ > 0; }
  // The first packet is due at once; it sets where event time and the steady clock meet.
  void start(TimeNs packet, TimeNs steady_now) {
    packet_start_ = packet;
    steady_start_ = steady_now;
    started_ = true;
  }
  bool started() const { return started_; }
  // Event time that the replay has reached.
  TimeNs event_now(TimeNs steady_now) const {
    return packet_start_ +
           static_cast<TimeNs>(static_cast<double>(steady_now - steady_start_) * speed_);
  }
  // How long until the packet is due, in ns of the steady clock; 0: now.
  DurationNs until(TimeNs packet, TimeNs steady_now) const {
    TimeNs ahead = packet - event_now(steady_now);
    return ahead <= 0 ? 0 : static_cast<DurationNs>(static_cast<double>(ahead) / speed_);
  }

 private:
  double speed_ = 0;  // 0: as fast as possible
  bool started_ = false;
  TimeNs packet_start_ = 0;
  TimeNs steady_start_ = 0;
};

}  // namespace dnstorm::operators
