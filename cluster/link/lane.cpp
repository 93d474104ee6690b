#include "cluster/link/lane.hpp"

#include <algorithm>
#include <iterator>

#include "engine/base/assert.hpp"

namespace dnstorm::cluster {

void LaneSender::push(Buffer message) {
  outbox_bytes_ += message.size;
  outbox_.push_back(std::move(message));
}

bool LaneSender::acknowledged(const LaneAck& ack, TimeNs now) {
  if (ack.next > first_ + flight_.size()) return false;
  bool progress = ack.next > first_;
  while (first_ < ack.next) pop(now);
  if (progress) {
    waiting_since_ = now;
    time_outs_ = 0;
    if (first_ < recover_to_) {
      burst_ *= 2;
      std::uint64_t from = std::max(recovered_, first_);
      recovered_ = std::min(from + burst_, recover_to_);
      mark(from, recovered_);
    }
  }
  if (ack.next == first_ && ack.early > first_) {
    // Once a while: what reports the gap may have been sent before the frames that fill it came.
    std::uint64_t to = std::min<std::uint64_t>(ack.early, first_ + flight_.size());
    for (std::uint64_t i = first_; i < to; ++i)
      if (now - flight_[i - first_].sent >= limits_.resend_after / 4) mark(i, i + 1);
  }
  return true;
}

void LaneSender::pop(TimeNs now) {
  const Flight& flight = flight_.front();
  flight_bytes_ -= flight.bytes;
  if (flight.again) --marked_;
  // Of one that went twice nobody knows which of them was acknowledged (Karn's rule).
  if (!flight.resent) {
    DurationNs sample = now - flight.sent;
    round_trip_ = round_trip_ == 0 ? sample : (7 * round_trip_ + sample) / 8;
  }
  flight_.pop_front();
  ++first_;
}

void LaneSender::sync(TimeNs now) {
  mark(first_, first_ + flight_.size());
  waiting_since_ = now;
  time_outs_ = 0;
  recover_to_ = 0;
}

void LaneSender::mark(std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t i = from; i < to; ++i) {
    Flight& flight = flight_[i - first_];
    if (!flight.again) ++marked_;
    flight.again = true;
  }
}

DurationNs LaneSender::patience() const {
  DurationNs wait = std::max(limits_.resend_after, 2 * round_trip_);
  DurationNs most = std::max(limits_.resend_after_max, wait);
  for (int i = 0; i < time_outs_ && wait < most; ++i) wait *= 2;
  return std::min(wait, most);
}

TimeNs LaneSender::next_time() const {
  return flight_.empty() ? time_max : waiting_since_ + patience();
}

void LaneSender::time_out(TimeNs now) {
  mark(first_, first_ + 1);
  recovered_ = first_ + 1;
  recover_to_ = first_ + flight_.size();
  burst_ = 1;
  waiting_since_ = now;
  ++time_outs_;
}

const LaneSender::Flight* LaneSender::resend(TimeNs now) {
  auto flight = std::find_if(flight_.begin(), flight_.end(), [](const auto& f) { return f.again; });
  DNSTORM_ASSERT(flight != flight_.end(), "a frame that is to go again is there", marked_);
  flight->again = false;
  flight->resent = true;
  --marked_;
  ++resent_;
  flight->sent = now;
  return &*flight;
}

bool LaneSender::fits(std::size_t bytes) const {
  // A message larger than the window goes alone.
  return flight_.empty() ||
         (flight_bytes_ + bytes <= limits_.window_bytes && flight_.size() < limits_.window_frames);
}

const LaneSender::Flight* LaneSender::next(TimeNs now) {
  if (now >= next_time()) time_out(now);
  if (marked_ != 0) return resend(now);
  if (outbox_.empty() || !fits(outbox_.front().size)) return nullptr;
  Flight flight;
  flight.sequence = first_ + flight_.size();
  flight.sent = now;
  do {
    flight.bytes += outbox_.front().size;
    flight.messages.push_back(std::move(outbox_.front()));
    outbox_.pop_front();
  } while (!outbox_.empty() && flight.messages.size() < frame_messages_max &&
           flight.bytes + outbox_.front().size <= limits_.frame_bytes &&
           fits(flight.bytes + outbox_.front().size));
  outbox_bytes_ -= flight.bytes;
  flight_bytes_ += flight.bytes;
  if (flight_.empty()) waiting_since_ = now;
  flight_.push_back(std::move(flight));
  return &flight_.back();
}

std::optional<Refusal> LaneReceiver::take(std::uint64_t sequence, std::vector<Buffer> messages,
                                          std::vector<Buffer>& ready) {
  if (sequence < next_ || early_.contains(sequence)) return Refusal::duplicate;
  if (sequence - next_ > window_frames_) return Refusal::out_of_window;
  if (sequence > next_) {
    early_.emplace(sequence, std::move(messages));
    return std::nullopt;
  }
  std::move(messages.begin(), messages.end(), std::back_inserter(ready));
  ++next_;
  for (auto at = early_.find(next_); at != early_.end(); at = early_.find(next_)) {
    std::move(at->second.begin(), at->second.end(), std::back_inserter(ready));
    early_.erase(at);
    ++next_;
  }
  return std::nullopt;
}

LaneAck LaneReceiver::ack() const { return {next_, early_.empty() ? 0 : early_.begin()->first}; }

}  // namespace dnstorm::cluster
