// The stream of events that all clients share (board/README.md has the contract).
//
// EventRing keeps the last seconds of serialised events. A Subscription is a client's place in it
// and the one event it is being given: nothing is queued per client. One that falls behind by more
// than `lag_max`, or whose place has left the ring, gets a gap event and then a snapshot. Plain
// values without a lock; Live owns the ring and guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"

namespace dnstorm::board {

using SharedText = std::shared_ptr<const std::string>;

struct RingLimits {
  DurationNs age = 10 * ns_per_s;
  std::size_t bytes = 4u << 20;
  DurationNs lag_max = 2 * ns_per_s;
};

class EventRing {
 public:
  // `epoch` names this run of the server: an id of another run is never mistaken for one of ours.
  EventRing(std::string epoch, RingLimits limits) : epoch_(std::move(epoch)), limits_(limits) {}

  void append(std::string_view event, std::string_view json, TimeNs now);
  // A comment keeps proxies from closing an idle stream.
  void append_comment(std::string_view text, TimeNs now);

  std::uint64_t first() const { return head_ - events_.size(); }
  std::uint64_t head() const { return head_; }  // number of the event to come
  const SharedText& at(std::uint64_t number) const { return events_[number - first()].text; }
  TimeNs time_at(std::uint64_t number) const { return events_[number - first()].time; }
  TimeNs last_append() const { return last_append_; }
  const RingLimits& limits() const { return limits_; }

  // The frame of an event as it goes over the wire.
  std::string frame(std::uint64_t number, std::string_view event, std::string_view json) const;
  // The number behind an id that this ring gave out.
  std::optional<std::uint64_t> number_of(std::string_view id) const;

 private:
  struct Event {
    SharedText text;
    TimeNs time;
  };
  void push(std::string text, TimeNs now);

  std::string epoch_;
  RingLimits limits_;
  std::deque<Event> events_;
  std::size_t bytes_ = 0;
  std::uint64_t head_ = 1;
  TimeNs last_append_ = 0;
};

// A snapshot and the number of the last event it contains.
struct Snapshot {
  SharedText text;  // framed
  std::uint64_t number = 0;
};

class Subscription {
 public:
  // `last_id`: what the client saw last ("" for a new client).
  Subscription(const EventRing& ring, std::string_view last_id);

  // Copies the next bytes for this client; 0 when it has all there is.
  // `snapshot` is asked for one only when the client needs it.
  std::size_t read(const EventRing& ring, const std::function<Snapshot()>& snapshot, char* out,
                   std::size_t size);

 private:
  bool is_lost(const EventRing& ring) const;
  bool next(const EventRing& ring, const std::function<Snapshot()>& snapshot);

  std::uint64_t next_ = 0;            // number of the event to give next; 0: snapshot first
  std::uint64_t replayed_until_ = 0;  // events before it are a replay and may be old
  SharedText current_;
  std::size_t offset_ = 0;
  SharedText after_gap_;
};

}  // namespace dnstorm::board
