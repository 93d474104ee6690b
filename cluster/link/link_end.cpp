#include "cluster/link/link_end.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::cluster {
namespace {

std::size_t index(Lane lane) { return static_cast<std::size_t>(lane); }

LaneLimits limits(const LinkOptions& options) {
  return {options.window_bytes, options.window_frames, options.frame_bytes, options.resend_after,
          options.resend_after_max};
}

}  // namespace

LinkEnd::LinkEnd(const LinkOptions& options)
    : options_(options),
      senders_{LaneSender(limits(options)), LaneSender(limits(options))},
      receivers_{LaneReceiver(options.window_frames), LaneReceiver(options.window_frames)} {
  DNSTORM_ASSERT(options.session != 0, "a process start has a number");
}

void LinkEnd::send(Buffer message, Lane lane) {
  DNSTORM_ASSERT(message.size <= options_.message_bytes_max, "a message fits into a frame",
                 message.size);
  ++statistics_.messages_sent;
  senders_[index(lane)].push(std::move(message));
}

void LinkEnd::connected(TimeNs now) {
  ++statistics_.connects;
  has_way_ = true;
  ready_ = false;
  answer_owed_ = false;
  hello_pause_ = options_.hello_every;
  hello_at_ = now;
}

void LinkEnd::disconnected() {
  has_way_ = ready_ = answer_owed_ = false;
  hello_at_ = ack_at_ = time_max;
}

std::vector<Buffer> LinkEnd::take(const Frame& frame, TimeNs now) {
  ++statistics_.frames_received;
  statistics_.bytes_received += frame.size();
  FrameHeader header;
  std::vector<Buffer> messages;
  std::vector<Buffer> ready;
  auto refusal = read_frame(frame, header, messages);
  if (!refusal) refusal = check(frame, header, messages);
  if (!refusal) refusal = take_checked(header, std::move(messages), ready, now);
  if (refusal) ++statistics_.refused[static_cast<std::size_t>(*refusal)];
  statistics_.messages_received += ready.size();
  return ready;
}

std::optional<Refusal> LinkEnd::check(const Frame& frame, const FrameHeader& header,
                                      const std::vector<Buffer>& messages) const {
  if (header.incarnation != options_.incarnation) return Refusal::foreign_incarnation;
  bool hello = header.kind == FrameKind::hello;
  if (header.from == 0 || (peer_ != 0 && header.from != peer_)) return Refusal::foreign_session;
  // The first word of a session may be a hello to whoever is there, or an answer to ours.
  if (header.to != options_.session && !(hello && header.to == 0)) return Refusal::foreign_session;
  if (peer_ == 0 && header.kind != FrameKind::hello && header.kind != FrameKind::answer)
    return Refusal::foreign_session;
  for (const Buffer& message : messages)
    if (message.size > options_.message_bytes_max) return Refusal::too_large;
  // Many messages together make no larger frame than the other end would.
  std::size_t most = std::max(options_.frame_bytes, options_.message_bytes_max);
  if (frame.size() > 2 * most) return Refusal::too_large;
  return std::nullopt;
}

std::optional<Refusal> LinkEnd::take_checked(const FrameHeader& header,
                                             std::vector<Buffer> messages,
                                             std::vector<Buffer>& ready, TimeNs now) {
  for (std::size_t lane = 0; lane < lane_count; ++lane)
    if (!senders_[lane].acknowledged(header.acks[lane], now)) return Refusal::malformed;
  peer_ = header.from;
  if (header.kind == FrameKind::hello || header.kind == FrameKind::answer) {
    greeted(header.kind, now);
    return std::nullopt;
  }
  if (header.kind == FrameKind::ack) return std::nullopt;
  std::size_t bytes = 0;
  for (const Buffer& message : messages) bytes += message.size;
  LaneReceiver& receiver = receivers_[index(header.lane)];
  auto refusal = receiver.take(header.sequence, std::move(messages), ready);
  // A frame that came twice or too early: the other end is to know at once how things stand.
  owe_ack(bytes, refusal.has_value() || receiver.ack().early != 0, now);
  return refusal;
}

void LinkEnd::greeted(FrameKind kind, TimeNs now) {
  bool was_ready = ready_;
  // A way is known before it is used, so there is one even if nobody said so yet.
  has_way_ = true;
  ready_ = true;
  hello_at_ = time_max;
  if (kind == FrameKind::hello) answer_owed_ = true;
  // An answer that comes late says nothing new.
  if (kind == FrameKind::hello || !was_ready)
    for (LaneSender& sender : senders_) sender.sync(now);
}

void LinkEnd::owe_ack(std::size_t bytes, bool at_once, TimeNs now) {
  unacknowledged_ += bytes;
  if (at_once || unacknowledged_ >= options_.window_bytes / 4)
    ack_at_ = now;
  else
    ack_at_ = std::min(ack_at_, now + options_.ack_delay);
}

Frame LinkEnd::make(FrameKind kind, Lane lane, std::uint64_t sequence,
                    const std::vector<Buffer>& messages) {
  FrameHeader header;
  header.kind = kind;
  header.lane = lane;
  header.incarnation = options_.incarnation;
  header.from = options_.session;
  header.to = peer_;
  header.sequence = sequence;
  for (std::size_t i = 0; i < lane_count; ++i) header.acks[i] = receivers_[i].ack();
  ack_at_ = time_max;
  unacknowledged_ = 0;
  Frame frame = write_frame(header, messages);
  ++statistics_.frames_sent;
  statistics_.bytes_sent += frame.size();
  return frame;
}

std::vector<Frame> LinkEnd::frames(TimeNs now) {
  std::vector<Frame> out;
  if (!has_way_) return out;
  if (hello_at_ <= now) {
    out.push_back(make(FrameKind::hello, Lane::urgent, 0, {}));
    hello_at_ = now + hello_pause_;
    hello_pause_ = std::min(hello_pause_ * 2, options_.hello_every_max);
  }
  if (!ready_) return out;
  if (answer_owed_) {
    out.push_back(make(FrameKind::answer, Lane::urgent, 0, {}));
    answer_owed_ = false;
  }
  for (Lane lane : {Lane::urgent, Lane::rows})
    while (const LaneSender::Flight* flight = senders_[index(lane)].next(now))
      out.push_back(make(FrameKind::data, lane, flight->sequence, flight->messages));
  if (ack_at_ <= now) out.push_back(make(FrameKind::ack, Lane::urgent, 0, {}));
  return out;
}

TimeNs LinkEnd::next_time() const {
  if (!has_way_) return time_max;
  TimeNs next = hello_at_;
  if (!ready_) return next;
  for (const LaneSender& sender : senders_) next = std::min(next, sender.next_time());
  return std::min(next, ack_at_);
}

bool LinkEnd::idle() const {
  return std::all_of(senders_.begin(), senders_.end(), [](const auto& s) { return s.idle(); });
}

std::size_t LinkEnd::outbox_bytes() const {
  std::size_t sum = 0;
  for (const LaneSender& sender : senders_) sum += sender.outbox_bytes();
  return sum;
}

LinkStatistics LinkEnd::statistics() const {
  LinkStatistics all = statistics_;
  all.outbox_bytes = outbox_bytes();
  for (const LaneSender& sender : senders_) {
    all.frames_resent += sender.resent();
    all.flight_bytes += sender.flight_bytes();
    // One way may have no rows: then what it takes to say so.
    if (sender.round_trip() != 0) all.round_trip = sender.round_trip();
  }
  return all;
}

}  // namespace dnstorm::cluster
