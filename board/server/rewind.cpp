#include "board/server/rewind.hpp"

#include <algorithm>

namespace dnstorm::board {
namespace {

double to_ms(TimeNs ns) { return static_cast<double>(ns / ns_per_ms); }

}  // namespace

void Rewind::add(std::string_view event, std::string_view json, TimeNs now) {
  if (segments_.empty()) return;  // the first snapshot will have it
  last_ = std::max(last_, now);
  segments_.back().events.push_back({last_, std::string(event), std::string(json)});
  keep(sizeof(Event) + json.size());
}

bool Rewind::wants_snapshot(TimeNs now) const {
  if (segments_.empty()) return true;
  const Segment& newest = segments_.back();
  // One that nothing happened in goes on; a large one ends early, so that there are some to forget.
  if (newest.events.empty()) return false;
  return now - newest.from >= limits_.segment || newest.bytes > limits_.bytes / 8;
}

void Rewind::begin(std::string snapshot, TimeNs now) {
  last_ = std::max(last_, now);
  segments_.push_back({last_, std::move(snapshot), {}, 0});
  keep(sizeof(Segment) + segments_.back().snapshot.size());
}

void Rewind::keep(std::size_t bytes) {
  segments_.back().bytes += bytes;
  bytes_ += bytes;
  forget();
}

// A segment is needed until the one after it is too old.
void Rewind::forget() {
  while (segments_.size() > 1 &&
         (bytes_ > limits_.bytes || last_ - segments_[1].from >= limits_.age)) {
    bytes_ -= segments_.front().bytes;
    segments_.pop_front();
  }
}

std::size_t Rewind::segment_at(TimeNs moment) const {
  const auto later =
      std::upper_bound(segments_.begin(), segments_.end(), moment,
                       [](TimeNs time, const Segment& segment) { return time < segment.from; });
  const auto before = static_cast<std::size_t>(later - segments_.begin());
  return before == 0 ? 0 : before - 1;
}

std::string Rewind::json(std::optional<TimeNs> moment) const {
  JsonWriter json;
  json.begin_object();
  if (segments_.empty()) return json.end_object().take();
  json.member("first", to_ms(segments_.front().from)).member("last", to_ms(last_));
  if (!moment) return json.end_object().take();
  // Moments are whole milliseconds, as they were told: all of that millisecond belongs to it.
  const std::size_t at = segment_at(std::min(*moment, last_) + ns_per_ms - 1);
  const Segment& segment = segments_[at];
  json.member("from", to_ms(segment.from)).key("until");
  if (at + 1 < segments_.size())
    json.value(to_ms(segments_[at + 1].from));
  else
    json.null();
  json.key("snapshot").raw(segment.snapshot).key("events").begin_array();
  for (const Event& event : segment.events)
    json.begin_array().value(to_ms(event.time)).value(event.name).raw(event.json).end_array();
  json.end_array().end_object();
  return json.take();
}

}  // namespace dnstorm::board
