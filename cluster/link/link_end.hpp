// One end of the link between two workers of one incarnation, over a way that may lose, double,
// delay, reorder and break: each message arrives exactly once, and in order within its lane. A pure
// state machine: messages, frames and time in; messages and frames out. Used by one thread.
//
//   LinkEnd end(options);
//   end.connected(now);                       // the way is there: begins with a hello
//   end.send(message, Lane::rows);
//   for (Frame& frame : end.frames(now)) ...  // put on the way; again at next_time()
//   for (Buffer& message : end.take(frame, now)) ...
//
// Nothing is sent before the other end has said hello or answered ours: so both know each other's
// session (a number of each process start) and what the other lacks. Frames of another incarnation
// or session are refused, and counted. What finds no room in the window waits in the outbox; how
// much there may be is bounded by the engine's credits, not here.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "cluster/link/frame.hpp"
#include "cluster/link/lane.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cluster {

struct LinkOptions {
  std::uint64_t incarnation = 0;
  std::uint64_t session = 0;  // of this process; not 0
  std::size_t window_bytes = 8 << 20;
  std::size_t window_frames = 256;
  std::size_t frame_bytes = 256 << 10;       // small messages are put together up to this
  std::size_t message_bytes_max = 64 << 20;  // larger ones are refused
  DurationNs ack_delay = 2 * ns_per_ms;      // for an answer to take the acknowledgement along
  DurationNs resend_after = ns_per_s;
  DurationNs resend_after_max = 8 * ns_per_s;
  DurationNs hello_every = 100 * ns_per_ms;  // the first pause; doubles up to hello_every_max
  DurationNs hello_every_max = ns_per_s;
};

struct LinkStatistics {
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_resent = 0;  // of these
  std::uint64_t frames_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t messages_sent = 0;  // taken over from the caller
  std::uint64_t messages_received = 0;
  std::uint64_t connects = 0;
  std::size_t outbox_bytes = 0;  // have not been sent yet
  std::size_t flight_bytes = 0;  // have not been acknowledged
  DurationNs round_trip = 0;     // to an acknowledgement, smoothed; 0: not known
  std::array<std::uint64_t, refusal_count> refused{};
};

class LinkEnd {
 public:
  explicit LinkEnd(const LinkOptions& options);

  void send(Buffer message, Lane lane);
  // There is a way, or another one.
  void connected(TimeNs now);
  void disconnected();
  // The messages whose turn has come with it, those of a lane in order.
  std::vector<Buffer> take(const Frame& frame, TimeNs now);
  // What is to be put on the way now.
  std::vector<Frame> frames(TimeNs now);
  // When to ask again though nothing happens; time_max: never.
  TimeNs next_time() const;

  // The other end has been heard on this way.
  bool ready() const { return ready_; }
  bool has_way() const { return has_way_; }
  // All that was sent has been acknowledged.
  bool idle() const;
  std::size_t outbox_bytes() const;  // LinkStatistics::outbox_bytes
  std::uint64_t peer_session() const { return peer_; }
  LinkStatistics statistics() const;

 private:
  std::optional<Refusal> check(const Frame& frame, const FrameHeader& header,
                               const std::vector<Buffer>& messages) const;
  std::optional<Refusal> take_checked(const FrameHeader& header, std::vector<Buffer> messages,
                                      std::vector<Buffer>& ready, TimeNs now);
  void greeted(FrameKind kind, TimeNs now);
  void owe_ack(std::size_t bytes, bool at_once, TimeNs now);
  Frame make(FrameKind kind, Lane lane, std::uint64_t sequence,
             const std::vector<Buffer>& messages);

  LinkOptions options_;
  std::array<LaneSender, lane_count> senders_;
  std::array<LaneReceiver, lane_count> receivers_;
  std::uint64_t peer_ = 0;  // its session; 0: not heard of
  bool has_way_ = false;
  bool ready_ = false;
  bool answer_owed_ = false;
  TimeNs hello_at_ = time_max;
  DurationNs hello_pause_ = 0;
  TimeNs ack_at_ = time_max;
  std::size_t unacknowledged_ = 0;  // bytes received since the last acknowledgement
  LinkStatistics statistics_;
};

}  // namespace dnstorm::cluster
