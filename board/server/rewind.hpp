// The last minutes of the board, to be looked at again: what was shown then, event by event.
//
// A chain of segments. Each begins with the snapshot of a moment and goes on with the very events
// that the clients got, so who applies them up to a moment has what was shown at that moment, by
// the code that shows what is live. Bounded: what is older than `age` counted from the newest
// event, or beyond `bytes`, goes, segment by segment. When nothing happens nothing is kept and
// nothing is lost: a run that has ended can be rewound for as long as it is served.
//
// A plain value without a clock or a lock; Live owns it.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "board/server/json.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::board {

struct RewindLimits {
  DurationNs age = 600 * ns_per_s;
  DurationNs segment = 20 * ns_per_s;
  std::size_t bytes = 32u << 20;
};

class Rewind {
 public:
  explicit Rewind(RewindLimits limits) : limits_(limits) {}

  // An event of the stream. `now` is wall time, and taken for not earlier than that of the one
  // before: a clock that was set back mixes nothing up.
  void add(std::string_view event, std::string_view json, TimeNs now);

  // Whether a segment is to begin: nothing is kept yet, or the newest one is long enough.
  bool wants_snapshot(TimeNs now) const;
  // Begins one. The snapshot has every event that was added before.
  void begin(std::string snapshot, TimeNs now);

  // {"first":ms,"last":ms} and, with a moment, the segment it lies in (the nearest, if it lies in
  // none): "from":ms,"until":ms|null,"snapshot":{...},"events":[[ms,"delta",{...}],...].
  // "until" is where the next one begins; null: this is the newest.
  std::string json(std::optional<TimeNs> moment) const;

  std::size_t bytes() const { return bytes_; }
  std::size_t segments() const { return segments_.size(); }

 private:
  struct Event {
    TimeNs time;
    std::string name;
    std::string json;
  };
  struct Segment {
    TimeNs from;
    std::string snapshot;
    std::vector<Event> events;
    std::size_t bytes;
  };
  void keep(std::size_t bytes);
  void forget();
  std::size_t segment_at(TimeNs moment) const;

  RewindLimits limits_;
  std::deque<Segment> segments_;
  std::size_t bytes_ = 0;
  TimeNs last_ = 0;  // of the newest event or snapshot
};

}  // namespace dnstorm::board
