// A link between two processes over a way that may lose, double, delay and reorder: each message
// arrives exactly once and in order. Sequence numbers, cumulative acknowledgement, and what is not
// acknowledged in time is sent again (as TCP does; the way below may be a socket library that drops
// silently when a connection breaks). Two pure state machines, one for each end: time and messages
// in, messages out.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace dnstorm::delivery {

template <class Message>
struct LinkFrame {
  std::uint64_t sequence = 0;  // from 0
  Message message;
};

template <class Message>
class LinkSender {
 public:
  explicit LinkSender(DurationNs resend_after) : resend_after_(resend_after) {}

  // What is to be put on the way. A copy is kept until it is acknowledged.
  LinkFrame<Message> send(Message message, TimeNs now) {
    if (unacknowledged_.empty()) waiting_since_ = now;
    unacknowledged_.push_back(message);
    return {first_ + unacknowledged_.size() - 1, std::move(message)};
  }
  // The other end has all below `next`.
  void acknowledged(std::uint64_t next, TimeNs now) {
    if (next <= first_) return;  // older than what is known
    for (; first_ < next && !unacknowledged_.empty(); ++first_) unacknowledged_.pop_front();
    waiting_since_ = now;
  }
  // What is to be sent again: all that is not acknowledged, once nothing has been for a while.
  std::vector<LinkFrame<Message>> resend(TimeNs now) {
    std::vector<LinkFrame<Message>> frames;
    if (now < next_resend()) return frames;
    for (std::size_t i = 0; i < unacknowledged_.size(); ++i)
      frames.push_back({first_ + i, unacknowledged_[i]});
    waiting_since_ = now;
    return frames;
  }
  // When resend() has something to say; time_max: nothing is waited for.
  TimeNs next_resend() const {
    return unacknowledged_.empty() ? time_max : waiting_since_ + resend_after_;
  }
  std::size_t waiting() const { return unacknowledged_.size(); }

 private:
  DurationNs resend_after_;
  std::deque<Message> unacknowledged_;  // first_, first_ + 1, ...
  std::uint64_t first_ = 0;
  TimeNs waiting_since_ = 0;
};

template <class Message>
class LinkReceiver {
 public:
  // `window`: frames kept that came before their turn; further ones are dropped and will be sent
  // again.
  explicit LinkReceiver(std::size_t window = 1024) : window_(window) {}

  // The messages whose turn has come, in order.
  std::vector<Message> take(LinkFrame<Message> frame) {
    std::vector<Message> ready;
    if (frame.sequence < next_) return ready;  // doubled
    if (frame.sequence > next_) {
      if (early_.size() < window_) early_.emplace(frame.sequence, std::move(frame.message));
      return ready;
    }
    ready.push_back(std::move(frame.message));
    ++next_;
    for (auto at = early_.find(next_); at != early_.end(); at = early_.find(next_)) {
      ready.push_back(std::move(at->second));
      early_.erase(at);
      ++next_;
    }
    return ready;
  }
  // What to acknowledge, after each frame: all below it have arrived.
  std::uint64_t next() const { return next_; }

 private:
  std::size_t window_;
  std::map<std::uint64_t, Message> early_;
  std::uint64_t next_ = 0;
};

}  // namespace dnstorm::delivery
