// One direction of one lane of a link: frames with numbers from 0 on, kept until they are
// acknowledged, sent again when they are missed; and the other side of it, which takes each once
// and in order. Two pure state machines, used by LinkEnd only.
//
// When frames are sent again: all that the other end lacks, after a way is there anew (sync); those
// in a gap that it reports; and the first, when nothing has been acknowledged for a while, from
// which on the rest follows at the pace of the acknowledgements, twice as many each time, as TCP
// does it. How long a while is follows the way: twice what an acknowledgement takes on it (a slow
// way must not be filled with what is under way on it already).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "cluster/link/frame.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cluster {

struct LaneLimits {
  std::size_t window_bytes = 0;
  std::size_t window_frames = 0;
  std::size_t frame_bytes = 0;  // messages are put together up to this
  DurationNs resend_after = 0;
  DurationNs resend_after_max = 0;
};

class LaneSender {
 public:
  struct Flight {
    std::uint64_t sequence = 0;
    std::vector<Buffer> messages;
    std::size_t bytes = 0;
    TimeNs sent = 0;
    bool again = false;   // to be sent again
    bool resent = false;  // has been
  };

  explicit LaneSender(const LaneLimits& limits) : limits_(limits) {}

  void push(Buffer message);
  // False: it speaks of frames that were never sent.
  bool acknowledged(const LaneAck& ack, TimeNs now);
  void sync(TimeNs now);
  // The next frame to put on the way; null: none now. Valid until the next call.
  const Flight* next(TimeNs now);
  // When next() may have one though nothing happens; time_max: never.
  TimeNs next_time() const;

  std::size_t outbox_bytes() const { return outbox_bytes_; }
  std::size_t flight_bytes() const { return flight_bytes_; }
  std::uint64_t resent() const { return resent_; }
  bool idle() const { return outbox_.empty() && flight_.empty(); }
  DurationNs round_trip() const { return round_trip_; }  // 0: not known yet

 private:
  bool fits(std::size_t bytes) const;
  void pop(TimeNs now);
  void mark(std::uint64_t from, std::uint64_t to);
  void time_out(TimeNs now);
  const Flight* resend(TimeNs now);
  DurationNs patience() const;

  LaneLimits limits_;
  std::deque<Buffer> outbox_;
  std::size_t outbox_bytes_ = 0;
  std::deque<Flight> flight_;  // first_, first_ + 1, ...
  std::size_t flight_bytes_ = 0;
  std::uint64_t first_ = 0;
  TimeNs waiting_since_ = 0;
  DurationNs round_trip_ = 0;     // smoothed: from a frame's way to its acknowledgement
  int time_outs_ = 0;             // in a row
  std::uint64_t marked_ = 0;      // how many of flight_ are to go again
  std::uint64_t recover_to_ = 0;  // after a time-out: frames below were under way then
  std::uint64_t recovered_ = 0;   // and those below have gone again
  std::uint64_t burst_ = 1;
  std::uint64_t resent_ = 0;
};

class LaneReceiver {
 public:
  explicit LaneReceiver(std::size_t window_frames) : window_frames_(window_frames) {}

  // Appends the messages whose turn has come.
  std::optional<Refusal> take(std::uint64_t sequence, std::vector<Buffer> messages,
                              std::vector<Buffer>& ready);
  LaneAck ack() const;

 private:
  std::size_t window_frames_;
  std::map<std::uint64_t, std::vector<Buffer>> early_;
  std::uint64_t next_ = 0;
};

}  // namespace dnstorm::cluster
