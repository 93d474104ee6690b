// Storm's windows of tuples, for a bolt that wants the tuples themselves: what is in a window, what
// of it is new since the one before, what has left it. Length and slide are each a number of
// tuples or a duration, in all four mixes.
//
//   Event time: windows are (end - length, end]. A slide by time has its ends at the multiples of
//   the slide, a slide by count ends at every n-th tuple; both are evaluated when watermark() says
//   that all up to there have come, and empty windows are skipped. Nothing leaves before the first
//   watermark.
//   Processing time: a slide by count is evaluated by add(), one by time when the owner calls
//   trigger().
//
// A state machine: times come in, windows go out. Tuples that can be in no window any more leave
// at the latest when a hundred others have been added. Used by one task; not thread-safe.
#pragma once

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

struct WindowExtent {
  enum class Unit : std::uint8_t { tuples, time };
  Unit unit = Unit::tuples;
  std::int64_t size = 1;  // tuples, or nanoseconds
  bool by_count() const { return unit == Unit::tuples; }
};

template <class T>
struct TupleWindow {
  std::vector<T> all;
  std::vector<T> fresh;    // not in the window before
  std::vector<T> expired;  // left since the window before
  TimeNs end = 0;          // the time at which it was evaluated
};

template <class T>
class TupleWindows {
 public:
  enum class Time : std::uint8_t { event, processing };

  // Sizes are above 0.
  TupleWindows(WindowExtent length, WindowExtent slide, Time time)
      : length_(length), slide_(slide), event_time_(time == Time::event) {}

  // `time` is the tuple's; in processing time, now. use(TupleWindow<T>) for windows it completes.
  template <class Use>
  void add(T tuple, TimeNs time, Use&& use) {
    queue_.push_back({std::move(tuple), time, false});
    ++added_;
    if (!event_time_ && slide_.by_count() && ++since_trigger_ >= slide_.size) trigger(time, use);
    if (added_ >= compact_every) scan(false);
  }

  // A window ends now. False: it was empty, and use() has not been called.
  template <class Use>
  bool trigger(TimeNs now, Use&& use) {
    reference_ = now;
    since_trigger_ = 0;
    TupleWindow<T> window;
    window.end = now;
    for (Entry* entry : scan(true)) {
      window.all.push_back(entry->tuple);
      if (!std::exchange(entry->shown, true)) window.fresh.push_back(entry->tuple);
    }
    window.expired = std::exchange(expired_, {});
    if (window.all.empty()) return false;
    use(std::as_const(window));
    return true;
  }

  // Event time: no tuple up to `now` follows.
  template <class Use>
  void watermark(TimeNs now, Use&& use) {
    if (slide_.by_count())
      for (TimeNs end : ends_by_count(now)) trigger(end, use);
    else
      slide_to(now, use);
  }

  std::size_t size() const { return queue_.size(); }
  // What has left since the last window.
  const std::vector<T>& expired() const { return expired_; }

 private:
  static constexpr std::size_t compact_every = 100;
  enum class Action : std::uint8_t { expire, process, keep };
  struct Entry {
    T tuple;
    TimeNs time = 0;
    bool shown = false;
  };

  // The first end after `after` that has a tuple in its window, if any up to `now`.
  std::optional<TimeNs> next_end(TimeNs after, TimeNs now) const {
    std::optional<TimeNs> earliest;
    for (const Entry& entry : queue_)
      if (entry.time > after && entry.time <= now)
        earliest = std::min(earliest.value_or(time_max), entry.time);
    if (!earliest) return {};
    // A multiple of the slide is the end of the window that it closes.
    return window_of(*earliest - 1, slide_.size).end;
  }

  template <class Use>
  void slide_to(TimeNs now, Use&& use) {
    if (!end_) end_ = next_end(time_min, now);
    while (end_ && *end_ <= now) {
      if (trigger(*end_, use))
        end_ = add_time(*end_, slide_.size);
      else if (auto next = next_end(*end_, now))
        end_ = next;
      else
        break;
    }
  }

  // The ends of slides by count up to `now`.
  std::vector<TimeNs> ends_by_count(TimeNs now) {
    std::vector<TimeNs> ends;
    TimeNs reached = time_min;
    std::int64_t count = 0;
    for (const Entry& entry : queue_) {
      if (entry.time <= counted_to_ || entry.time > now) continue;
      reached = std::max(reached, entry.time);
      if (++count % slide_.size == 0) ends.push_back(reached);
    }
    if (!ends.empty()) counted_to_ = ends.back();
    return ends;
  }

  std::size_t count_to(TimeNs end) const {
    return static_cast<std::size_t>(std::count_if(
        queue_.begin(), queue_.end(), [&](const Entry& entry) { return entry.time <= end; }));
  }

  Action action(const Entry& entry, std::size_t excess) const {
    if (event_time_ && (!reference_ || entry.time > *reference_)) return Action::keep;
    if (length_.by_count()) return excess != 0 ? Action::expire : Action::process;
    bool out = reference_ && *reference_ >= add_time(entry.time, length_.size);
    return out ? Action::expire : Action::process;
  }

  // Moves what has left to expired_, and answers what is in the window; when it only compacts,
  // it ends at the first tuple that stays.
  std::vector<Entry*> scan(bool whole) {
    added_ = 0;
    std::size_t counted = !event_time_ ? queue_.size() : reference_ ? count_to(*reference_) : 0;
    auto length = static_cast<std::size_t>(length_.size);
    std::size_t excess = length_.by_count() && counted > length ? counted - length : 0;
    std::deque<Entry> kept;
    std::vector<bool> in_window;
    bool open = true;
    for (Entry& entry : queue_) {
      Action what = open ? action(entry, excess) : Action::keep;
      if (what == Action::expire) {
        if (excess != 0) --excess;
        expired_.push_back(std::move(entry.tuple));
        continue;
      }
      if (!whole) open = false;
      in_window.push_back(what == Action::process);
      kept.push_back(std::move(entry));
    }
    queue_ = std::move(kept);
    std::vector<Entry*> window;
    for (std::size_t i = 0; i < queue_.size(); ++i)
      if (in_window[i]) window.push_back(&queue_[i]);
    return window;
  }

  WindowExtent length_;
  WindowExtent slide_;
  bool event_time_;
  std::deque<Entry> queue_;  // as they came
  std::vector<T> expired_;
  std::size_t added_ = 0;            // since the last scan
  std::int64_t since_trigger_ = 0;   // tuples
  std::optional<TimeNs> reference_;  // the last evaluation
  std::optional<TimeNs> end_;        // of the next window by time
  TimeNs counted_to_ = time_min;     // slides by count are done up to here
};

}  // namespace dnstorm::operators
