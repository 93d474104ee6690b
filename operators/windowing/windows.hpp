// Tumbling and sliding windows of the rows of one task. A pane [start, start + width) is open from
// its first row until no window needs it; a window is handed out when the watermark has passed its
// end by the allowed lateness. Windows without rows are skipped.
//
// A late row may still belong to later windows of its pane: it counts in those that have not been
// handed out. Used by one task; not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/state.hpp"
#include "operators/windowing/row_walk.hpp"
#include "operators/windowing/window_merge.hpp"

namespace dnstorm::operators {

// State: void clear(), called before it is used again; void merge(const State&).
template <class State>
class Windows {
 public:
  using Make = typename StatePool<State>::Make;

  Windows() = default;
  Windows(WindowShape shape, DurationNs lateness, const Make& make)
      : shape_(shape),
        lateness_(lateness),
        pool_(make, static_cast<std::size_t>(shape.panes()) + 4),
        merge_(shape.slides() ? WindowMerge<State>(shape, make) : WindowMerge<State>()) {}

  // The state of the pane that `time` falls into; null if all its windows have been handed out.
  State* at(TimeNs time) {
    if (static_cast<std::uint64_t>(time) - current_start_ < current_width_) [[likely]]
      return current_;
    return find(time);
  }

  // Hands runs of rows of one pane to use(State&, first, last) (row `last` not included), in
  // order; those of late rows to late(first, last). `most`: rows of a run.
  template <class Use, class Late>
  void each_run(const Rows& rows, FieldRef<std::int64_t> time, Use&& use, Late&& late,
                std::uint32_t most = batch_rows_max) {
    const std::uint32_t count = rows.size();
    if (shape_.whole() && count != 0) {
      State* whole = at(0);
      DNSTORM_ASSERT(whole != nullptr, "rows come after the end of the input");
      use(*whole, 0U, count);
      return;
    }
    const RowWalk walk(rows);
    std::uint32_t first = 0;
    while (first < count) {
      State* state = at(walk[first].get(time));
      std::uint32_t last = first + 1;
      const std::uint32_t end = std::min(count, first + most);
      if (state != nullptr && state == current_)
        last = run_in_current(walk, time, last, end);
      else
        while (last < end && at(walk[last].get(time)) == state) ++last;
      if (state == nullptr)
        late(first, last);
      else
        use(*state, first, last);
      first = last;
    }
  }

  // The axis has been reached up to `now`: emit(const State&, WindowBounds) for every window that
  // is complete, in order. time_max closes all.
  template <class Emit>
  void close(TimeNs now, Emit&& emit) {
    TimeNs before = std::exchange(watermark_, std::max(watermark_, now));
    if (shape_.slides()) return close_sliding(before, emit);
    std::size_t done = 0;
    while (done < open_.size() && is_closed(open_[done].bounds)) {
      emit(std::as_const(*open_[done].state), open_[done].bounds);
      ++done;
    }
    drop(done);
  }

  std::size_t open_count() const { return open_.size(); }

  // How far the axis has been reached; the panes are saved one by one.
  void save(StateWriter& out) const { out.put(watermark_); }
  void restore(StateReader& in) { watermark_ = in.get<TimeNs>(); }
  // use(start, const State&) for every open pane.
  template <class Use>
  void each_pane(Use&& use) const {
    for (const Pane<State>& pane : open_) use(pane.bounds.start, std::as_const(*pane.state));
  }
  // After restore() and before the first row: the state of the pane that begins there, made if it
  // is not open; null if none can be.
  State* restore_pane(TimeNs start) {
    WindowBounds bounds = shape_.pane_of(start);
    if (bounds.start != start || is_closed(bounds)) return nullptr;
    return open_pane(bounds);
  }

 private:
  bool is_closed(const WindowBounds& pane) const {
    if (watermark_ == time_max) return true;
    if (shape_.whole()) return false;
    TimeNs end = shape_.slides() ? shape_.last_end(pane.start) : pane.end;
    return add_time(end, lateness_) <= watermark_;
  }

  State* open_pane(WindowBounds bounds) {
    auto place = std::lower_bound(
        open_.begin(), open_.end(), bounds.start,
        [](const Pane<State>& pane, TimeNs start) { return pane.bounds.start < start; });
    if (place == open_.end() || place->bounds.start != bounds.start)
      place = open_.insert(place, Pane<State>{bounds, pool_.fresh()});
    return place->state.get();
  }

  // The first row from `first` on, up to `end`, that does not lie in the current pane.
  std::uint32_t run_in_current(const RowWalk& walk, FieldRef<std::int64_t> time,
                               std::uint32_t first, std::uint32_t end) const {
    const std::uint64_t start = current_start_;
    const std::uint64_t width = current_width_;
    while (first < end && static_cast<std::uint64_t>(walk[first].get(time)) - start < width)
      ++first;
    return first;
  }

  State* find(TimeNs time) {
    WindowBounds bounds = shape_.pane_of(time);
    if (is_closed(bounds)) return nullptr;
    current_ = open_pane(bounds);
    if (shape_.slides()) merge_.touch(bounds.start);
    current_start_ = static_cast<std::uint64_t>(bounds.start);
    current_width_ = static_cast<std::uint64_t>(bounds.end) - current_start_;
    return current_;
  }

  template <class Emit>
  void close_sliding(TimeNs before, Emit&& emit) {
    // What has been merged must hear of the next row, so it has to come through find().
    current_width_ = 0;
    TimeNs done = before == time_min ? time_min : add_time(before, -lateness_);
    while (!open_.empty() && done != time_max) {
      TimeNs end = shape_.end_after(std::max(done, open_.front().bounds.start));
      if (watermark_ != time_max && add_time(end, lateness_) > watermark_) break;
      WindowBounds window = shape_.window_to(end);
      drop(first_from(window.start));
      if (!open_.empty() && open_.front().bounds.start < end)
        merge_.over(open_, window, [&](const State& state) { emit(state, window); });
      done = end;
    }
    std::size_t closed = 0;
    while (closed < open_.size() && is_closed(open_[closed].bounds)) ++closed;
    drop(closed);
  }

  std::size_t first_from(TimeNs start) const {
    std::size_t first = 0;
    while (first < open_.size() && open_[first].bounds.start < start) ++first;
    return first;
  }

  void drop(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (open_[i].state.get() == current_) current_width_ = 0;
      pool_.recycle(std::move(open_[i].state));
    }
    open_.erase(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  WindowShape shape_;
  DurationNs lateness_ = 0;
  StatePool<State> pool_;
  WindowMerge<State> merge_;
  TimeNs watermark_ = time_min;
  State* current_ = nullptr;  // of the pane [current_start_, current_start_ + current_width_)
  std::uint64_t current_start_ = 0;
  std::uint64_t current_width_ = 0;
  std::vector<Pane<State>> open_;  // ascending by start
};

}  // namespace dnstorm::operators
