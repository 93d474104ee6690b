// How many rows there are in a window, of all keys of a key group together, from a sample: what a
// key's rows are a share of. The share of a key in its own volume is at least that.
//
//   if (row_dice(time)) volume.add(group, time);        // every row
//   volume.reached(watermark);
//   double rows = volume.rows(group, window.bounds);    // of a window that is being judged
//
// Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/api/state.hpp"
#include "operators/detect/row_dice.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

class WindowVolume {
 public:
  explicit WindowVolume(DurationNs width) : width_(width) {}

  // Of a row that the dice has chosen.
  void add(std::uint32_t group, TimeNs time) {
    Windows& windows = groups_[group];
    TimeNs start = window_of(time, width_).start;
    // Nearly always the last one.
    for (std::size_t i = windows.size(); i-- > 0;)
      if (windows[i].start == start) return void(++windows[i].rows);
    windows.push_back({start, 1});
  }
  double rows(std::uint32_t group, WindowBounds bounds) const {
    for (const Window& window : groups_[group])
      if (window.start == bounds.start) return static_cast<double>(window.rows) * rows_of_dice;
    return 0;
  }
  // Windows that ended by the last watermark have been judged.
  void reached(TimeNs now) {
    TimeNs start = window_of(now, width_).start;
    if (start == reached_) return;
    for (Windows& windows : groups_)
      std::erase_if(windows, [&](const Window& window) { return window.start < judged_; });
    judged_ = std::exchange(reached_, start);
  }

  bool idle(std::uint32_t group) const { return groups_[group].empty(); }
  void save_group(std::uint32_t group, StateWriter& out) const {
    out.put(std::uint64_t{groups_[group].size()});
    for (const Window& window : groups_[group]) {
      out.put(window.start);
      out.put(window.rows);
    }
  }
  bool restore_group(std::uint32_t group, StateReader& in) {
    for (std::uint64_t left = in.get_count(2 * sizeof(std::uint64_t)); left != 0; --left) {
      Window& window = groups_[group].emplace_back();
      window.start = in.get<TimeNs>();
      window.rows = in.get<std::uint64_t>();
    }
    return in.ok();
  }

 private:
  struct Window {
    TimeNs start = 0;
    std::uint64_t rows = 0;
  };
  using Windows = std::vector<Window>;
  DurationNs width_;
  TimeNs reached_ = time_min, judged_ = time_min;
  std::array<Windows, key_groups> groups_;
};

}  // namespace dnstorm::operators
