// Whether a key is in alarm, with hysteresis: an alarm is raised after some windows in a row, told
// of again now and then or when it becomes worse, and over when it has been quiet for a while. What
// is answered depends on the windows of the key alone.
//
//   if (auto state = alarm.take(finding, bounds, settings)) write it;     // a window in alarm
//   if (alarm.raised() && alarm.ends_at(settings) <= now) alarm.end();    // quiet ones are not
//   told
//
// A value, for each key.
#pragma once

#include <algorithm>
#include <optional>

#include "engine/api/state.hpp"
#include "operators/detect/event.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

struct AlarmSettings {
  std::uint32_t raise_after = 1;      // windows in alarm, one behind the other
  DurationNs clear = 60 * ns_per_s;   // quiet for so long: over
  DurationNs update = 60 * ns_per_s;  // told of again at most so often, unless it gets worse
};

class Alarm {
 public:
  // A window in alarm, later than those before. What is to be told of it, if anything.
  std::optional<EventState> take(const Finding& finding, WindowBounds window,
                                 const AlarmSettings& settings) {
    if (!raised_ && window.start > end_) hits_ = 0;
    if (hits_ == 0) start_ = window.start, worst_ = {.score = 0, .severity = Severity::info};
    ++hits_;
    end_ = window.end;
    bool graver = finding.severity > worst_.severity;
    if (finding.score >= worst_.score || graver) worst_ = finding;
    if (!raised_ && hits_ < settings.raise_after) return std::nullopt;
    bool first = !std::exchange(raised_, true);
    if (!first && !graver && add_time(told_, settings.update) > window.end) return std::nullopt;
    told_ = window.end;
    return first ? EventState::opened : EventState::updated;
  }
  bool raised() const { return raised_; }
  TimeNs ends_at(const AlarmSettings& settings) const { return add_time(end_, settings.clear); }
  void end() { *this = {}; }

  TimeNs start() const { return start_; }
  // Of the last window in alarm.
  TimeNs last() const { return end_; }
  // What was found in the worst window.
  const Finding& worst() const { return worst_; }

  void save(StateWriter& out) const {
    out.put(raised_);
    out.put(hits_);
    out.put(start_);
    out.put(end_);
    out.put(told_);
    out.put(worst_.score);
    out.put(worst_.severity);
    out.put_bytes(worst_.evidence);
  }
  bool restore(StateReader& in) {
    raised_ = in.get<bool>();
    hits_ = in.get<std::uint32_t>();
    start_ = in.get<TimeNs>();
    end_ = in.get<TimeNs>();
    told_ = in.get<TimeNs>();
    worst_.score = in.get<double>();
    worst_.severity = in.get<Severity>();
    worst_.evidence = in.get_bytes();
    return in.ok() && static_cast<std::uint8_t>(worst_.severity) < severities;
  }

 private:
  bool raised_ = false;
  std::uint32_t hits_ = 0;
  TimeNs start_ = time_min;
  TimeNs end_ = time_min;
  TimeNs told_ = time_min;
  Finding worst_;
};

}  // namespace dnstorm::operators
