// Which names have been seen in each of the last windows, by hash: a Bloom filter (Bloom 1970) a
// window, so that what is found does not depend on the order of rows nor on how far ahead of a
// window they have come when it is judged. For each key group of what the names belong to.
//
//   names.add(key_hash, name_hash, time);
//   names.contains(key_hash, name_hash, {start, end})   // in one of the windows of that time
//   names.reached(now);                                 // windows up to it are going to be judged
//
// A name has two bits in one cache line. With 1,000 names a key group and window, 1 % of others are
// taken for seen. 256 KiB a window, from its first name on. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <string_view>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/api/state.hpp"
#include "operators/event_time.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

class NamesByWindow {
 public:
  // `width`: of windows; `span`: for how long before a window that is judged they are remembered.
  NamesByWindow(DurationNs width, DurationNs span) : width_(width), span_(span) {}

  void add(std::uint64_t key_hash, std::uint64_t name_hash, TimeNs time) {
    if (time < forgotten_) return;
    if ((time < current_.start || time >= current_.end) && !open(time)) return;
    std::uint64_t* line = &(*filter_)[place(key_hash, name_hash)];
    for (std::uint32_t bit : bits(name_hash)) line[bit / 64] |= std::uint64_t{1} << bit % 64;
  }
  bool contains(std::uint64_t key_hash, std::uint64_t name_hash, WindowBounds time) const {
    for (auto at = windows_.lower_bound(time.start); at != windows_.end() && at->first < time.end;
         ++at) {
      const std::uint64_t* line = &at->second[place(key_hash, name_hash)];
      bool all = true;
      for (std::uint32_t bit : bits(name_hash)) all = all && (line[bit / 64] >> bit % 64 & 1) != 0;
      if (all) return true;
    }
    return false;
  }
  // What no window from the `now` before this one on needs is forgotten: those up to this one are
  // still to be judged.
  void reached(TimeNs now) {
    TimeNs least = add_time(judged_, -(span_ + width_));
    if (least > forgotten_) {
      forgotten_ = least;
      windows_.erase(windows_.begin(), windows_.lower_bound(window_of(least, width_).start));
      current_ = {};
    }
    judged_ = std::max(judged_, now);
  }

  bool idle(std::uint32_t group) const {
    return std::none_of(windows_.begin(), windows_.end(),
                        [group](const auto& window) { return any(window.second, group); });
  }
  void save_group(std::uint32_t group, StateWriter& out) const {
    auto used = std::count_if(windows_.begin(), windows_.end(),
                              [group](const auto& window) { return any(window.second, group); });
    out.put(static_cast<std::uint64_t>(used));
    for (const auto& [start, filter] : windows_) {
      if (!any(filter, group)) continue;
      out.put(start);
      out.put_bytes({reinterpret_cast<const char*>(&filter[group * group_words]), group_bytes});
    }
  }
  bool restore_group(std::uint32_t group, StateReader& in) {
    for (auto left = in.get_count(group_bytes); left != 0; --left) {
      auto start = in.get<TimeNs>();
      std::string_view bytes = in.get_bytes();
      if (!in.ok() || bytes.size() != group_bytes || window_of(start, width_).start != start)
        return false;
      if (!open(start)) return false;
      std::memcpy(&(*filter_)[group * group_words], bytes.data(), group_bytes);
    }
    return in.ok();
  }

 private:
  using Filter = std::vector<std::uint64_t>;
  static constexpr std::size_t ahead_max = 16;  // windows beside those that are remembered
  static constexpr std::size_t line_words = 8;
  static constexpr std::size_t group_words = 32 * line_words;
  static constexpr std::size_t group_bytes = group_words * sizeof(std::uint64_t);

  static std::size_t place(std::uint64_t key_hash, std::uint64_t name_hash) {
    return key_group(key_hash) * group_words + (name_hash & 31) * line_words;
  }
  static std::array<std::uint32_t, 2> bits(std::uint64_t name_hash) {
    return {static_cast<std::uint32_t>(name_hash >> 5 & 511),
            static_cast<std::uint32_t>(name_hash >> 14 & 511)};
  }
  static bool any(const Filter& filter, std::uint32_t group) {
    auto first = filter.begin() + static_cast<std::ptrdiff_t>(group * group_words);
    return std::any_of(first, first + static_cast<std::ptrdiff_t>(group_words),
                       [](std::uint64_t word) { return word != 0; });
  }
  // False: times are so far apart that there is no room.
  bool open(TimeNs time) {
    WindowBounds window = window_of(time, width_);
    if (windows_.size() > static_cast<std::size_t>(span_ / width_) + ahead_max &&
        !windows_.contains(window.start))
      return false;
    current_ = window;
    filter_ = &windows_[current_.start];
    if (filter_->empty()) filter_->resize(key_groups * group_words);
    return true;
  }

  DurationNs width_;
  DurationNs span_;
  std::map<TimeNs, Filter> windows_;  // by start
  WindowBounds current_{};            // that filter_ is of
  Filter* filter_ = nullptr;
  TimeNs judged_ = time_min;
  TimeNs forgotten_ = time_min;  // what is earlier
};

}  // namespace dnstorm::operators
