#include "board/server/stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace dnstorm::board {

std::string EventRing::frame(std::uint64_t number, std::string_view event,
                             std::string_view json) const {
  return fmt::format("id: {}.{}\nevent: {}\ndata: {}\n\n", epoch_, number, event, json);
}

std::optional<std::uint64_t> EventRing::number_of(std::string_view id) const {
  const std::size_t dot = id.find('.');
  if (dot == std::string_view::npos || id.substr(0, dot) != epoch_) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = id.data() + id.size();
  const auto [rest, error] = std::from_chars(id.data() + dot + 1, end, number);
  if (error != std::errc{} || rest != end || number >= head_) return std::nullopt;
  return number;
}

void EventRing::append(std::string_view event, std::string_view json, TimeNs now) {
  push(frame(head_, event, json), now);
}

void EventRing::append_comment(std::string_view text, TimeNs now) {
  push(fmt::format(": {}\n\n", text), now);
}

void EventRing::push(std::string text, TimeNs now) {
  bytes_ += text.size();
  events_.push_back({std::make_shared<const std::string>(std::move(text)), now});
  ++head_;
  last_append_ = now;
  while (events_.size() > 1 &&
         (bytes_ > limits_.bytes || now - events_.front().time > limits_.age)) {
    bytes_ -= events_.front().text->size();
    events_.pop_front();
  }
}

Subscription::Subscription(const EventRing& ring, std::string_view last_id) {
  const auto number = ring.number_of(last_id);
  if (!number || *number + 1 < ring.first()) return;
  next_ = *number + 1;
  replayed_until_ = ring.head();
}

bool Subscription::is_lost(const EventRing& ring) const {
  if (next_ < ring.first()) return true;
  if (next_ < replayed_until_ || next_ >= ring.head()) return false;
  return ring.time_at(ring.head() - 1) - ring.time_at(next_) > ring.limits().lag_max;
}

bool Subscription::next(const EventRing& ring, const std::function<Snapshot()>& snapshot) {
  offset_ = 0;
  current_ = nullptr;
  if (after_gap_) {
    current_ = std::move(after_gap_);
    after_gap_ = nullptr;
    return true;
  }
  if (next_ == 0 || is_lost(ring)) {
    const Snapshot whole = snapshot();
    current_ = whole.text;
    if (next_ != 0) {
      const std::uint64_t dropped = whole.number + 1 - next_;
      current_ = std::make_shared<const std::string>(
          fmt::format("event: gap\ndata: {{\"dropped\":{}}}\n\n", dropped));
      after_gap_ = whole.text;
    }
    next_ = whole.number + 1;
    return true;
  }
  if (next_ >= ring.head()) return false;
  current_ = ring.at(next_++);
  return true;
}

std::size_t Subscription::read(const EventRing& ring, const std::function<Snapshot()>& snapshot,
                               char* out, std::size_t size) {
  std::size_t copied = 0;
  while (copied < size) {
    if (!current_ || offset_ == current_->size()) {
      if (!next(ring, snapshot)) break;
      continue;
    }
    const std::size_t n = std::min(size - copied, current_->size() - offset_);
    std::memcpy(out + copied, current_->data() + offset_, n);
    copied += n;
    offset_ += n;
  }
  return copied;
}

}  // namespace dnstorm::board
