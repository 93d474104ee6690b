// The windows of parts: rows that say themselves which window they are of, as the aggregates before
// them made it. A window is handed out when the watermark has passed its end by the allowed
// lateness; the one over the whole input, [0, 0), at the end of the input. A part is late if its
// window has been handed out. Used by one task; not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "engine/api/state.hpp"
#include "operators/windowing/state_pool.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

// State: void clear(), called before it is used again.
template <class State>
class PartWindows {
 public:
  using Make = typename StatePool<State>::Make;

  PartWindows() = default;
  PartWindows(DurationNs lateness, Make make)
      : lateness_(lateness), pool_(std::move(make), spare_max) {}

  // The state of that window; null if it has been handed out.
  State* at(WindowBounds bounds) {
    if (is_closed(bounds)) return nullptr;
    std::unique_ptr<State>& state = open_[{bounds.end, bounds.start}];
    if (state == nullptr) state = pool_.fresh();
    return state.get();
  }

  // emit(const State&, WindowBounds) for every window that is complete, ordered by end and start.
  template <class Emit>
  void close(TimeNs now, Emit&& emit) {
    watermark_ = std::max(watermark_, now);
    for (auto window = open_.begin(); window != open_.end();) {
      WindowBounds bounds{window->first.second, window->first.first};
      if (!is_closed(bounds)) {
        ++window;
        continue;
      }
      emit(std::as_const(*window->second), bounds);
      pool_.recycle(std::move(window->second));
      window = open_.erase(window);
    }
  }

  // How far the axis has been reached; the windows are saved one by one.
  void save(StateWriter& out) const { out.put(watermark_); }
  void restore(StateReader& in) { watermark_ = in.get<TimeNs>(); }
  // use(WindowBounds, const State&) for every open window.
  template <class Use>
  void each(Use&& use) const {
    for (const auto& [ends, state] : open_)
      use(WindowBounds{ends.second, ends.first}, std::as_const(*state));
  }

 private:
  static constexpr std::size_t spare_max = 4;

  bool is_closed(WindowBounds bounds) const {
    if (watermark_ == time_max) return true;
    bool bounded = bounds.end > bounds.start;
    return bounded && add_time(bounds.end, lateness_) <= watermark_;
  }

  DurationNs lateness_ = 0;
  TimeNs watermark_ = time_min;
  StatePool<State> pool_;
  std::map<std::pair<TimeNs, TimeNs>, std::unique_ptr<State>> open_;  // by end and start
};

}  // namespace dnstorm::operators
