// Tumbling windows of event time. A window [start, start + width) is open from its first row until
// the watermark has passed its end by the allowed lateness; then its state is handed out, cleared
// and used again, so that a running topology allocates nothing.
//
// Windows are aligned to multiples of the width since 1970 (floor division: times before 1970 fall
// into windows of their own). Width 0 is one window over the whole input, closed by its end. Used
// by one task; not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/state.hpp"
#include "operators/event_time.hpp"

namespace dnstorm::operators {

// A range of event time. The window over the whole input is [0, 0): it has no bounds of its own,
// and must be the same for every task.
struct WindowBounds {
  TimeNs start = 0;
  TimeNs end = 0;
};

inline WindowBounds window_of(TimeNs time, DurationNs width) {
  DurationNs into = time % width;
  if (into < 0) into += width;
  return {add_time(time, -into), add_time(time, width - into)};
}

// State: void clear(), called before it is used again.
template <class State>
class Windows {
 public:
  using Make = std::function<std::unique_ptr<State>()>;

  Windows() = default;
  Windows(DurationNs width, DurationNs lateness, Make make)
      : width_(width), lateness_(lateness), make_(std::move(make)) {}

  // The state of the window that `time` falls into; null if that window has been handed out
  // already.
  State* at(TimeNs time) {
    if (static_cast<std::uint64_t>(time) - current_start_ < current_width_) [[likely]]
      return current_;
    return find(time);
  }

  // Hands runs of rows of one window to use(State&, first, last) (row `last` not included), in
  // order. Answers how many rows were late.
  template <class Use>
  std::uint64_t each_run(const Rows& rows, FieldRef<std::int64_t> time, Use&& use) {
    std::uint32_t count = rows.size();
    std::uint64_t late = 0;
    if (width_ == 0 && count != 0) {
      State* whole = at(0);
      DNSTORM_ASSERT(whole != nullptr, "rows come after the end of the input");
      use(*whole, 0U, count);
      return 0;
    }
    std::uint32_t first = 0;
    while (first < count) {
      State* state = at(rows[first].get(time));
      std::uint32_t last = first + 1;
      while (last < count && at(rows[last].get(time)) == state) ++last;
      if (state == nullptr)
        late += last - first;
      else
        use(*state, first, last);
      first = last;
    }
    return late;
  }

  // Event time has reached `now`: emit(State&, WindowBounds) for every window that is complete, in
  // order of time. time_max closes all.
  template <class Emit>
  void close(TimeNs now, Emit&& emit) {
    watermark_ = std::max(watermark_, now);
    std::size_t done = 0;
    while (done < open_.size() && is_closed(open_[done].bounds)) {
      emit(*open_[done].state, open_[done].bounds);
      recycle(std::move(open_[done].state));
      ++done;
    }
    open_.erase(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(done));
  }

  std::size_t open_count() const { return open_.size(); }

  // save_state(const State&) and bool restore_state(State&) write and read one window's state.
  template <class Save>
  void save(StateWriter& out, Save&& save_state) const {
    out.put(watermark_);
    out.put(std::uint64_t{open_.size()});
    for (const Window& window : open_) {
      out.put(window.bounds.start);
      save_state(*window.state);
    }
  }
  // Before the first row. False: the bytes are not those of save().
  template <class Restore>
  bool restore(StateReader& in, Restore&& restore_state) {
    watermark_ = in.get<TimeNs>();
    for (std::uint64_t left = in.get_count(sizeof(TimeNs)); left != 0; --left) {
      auto start = in.get<TimeNs>();
      WindowBounds bounds = bounds_of(start);
      bool ascends = open_.empty() || open_.back().bounds.start < start;
      if (!in.ok() || bounds.start != start || !ascends || is_closed(bounds)) return false;
      open_.push_back({bounds, fresh()});
      if (!restore_state(*open_.back().state)) return false;
    }
    return in.ok();
  }

 private:
  struct Window {
    WindowBounds bounds;
    std::unique_ptr<State> state;
  };

  bool is_closed(const WindowBounds& bounds) const {
    if (watermark_ == time_max) return true;
    return width_ != 0 && add_time(bounds.end, lateness_) <= watermark_;
  }

  WindowBounds bounds_of(TimeNs time) const {
    return width_ == 0 ? WindowBounds{} : window_of(time, width_);
  }

  State* find(TimeNs time) {
    WindowBounds bounds = bounds_of(time);
    if (is_closed(bounds)) return nullptr;
    auto place =
        std::lower_bound(open_.begin(), open_.end(), bounds.start,
                         [](const Window& w, TimeNs start) { return w.bounds.start < start; });
    if (place == open_.end() || place->bounds.start != bounds.start)
      place = open_.insert(place, Window{bounds, fresh()});
    current_ = place->state.get();
    current_start_ = static_cast<std::uint64_t>(bounds.start);
    current_width_ = static_cast<std::uint64_t>(bounds.end) - current_start_;
    return current_;
  }

  std::unique_ptr<State> fresh() {
    if (spare_.empty()) return make_();
    std::unique_ptr<State> state = std::move(spare_.back());
    spare_.pop_back();
    return state;
  }

  void recycle(std::unique_ptr<State> state) {
    if (state.get() == current_) current_width_ = 0;
    state->clear();
    if (spare_.size() < spare_max) spare_.push_back(std::move(state));
  }

  // More windows than these are open only for a moment (a jump of the clock, much lateness).
  static constexpr std::size_t spare_max = 4;

  DurationNs width_ = 0;
  DurationNs lateness_ = 0;
  Make make_;
  TimeNs watermark_ = time_min;
  State* current_ = nullptr;  // of the window [current_start_, current_start_ + current_width_)
  std::uint64_t current_start_ = 0;
  std::uint64_t current_width_ = 0;
  std::vector<Window> open_;  // ascending by start
  std::vector<std::unique_ptr<State>> spare_;
};

}  // namespace dnstorm::operators
