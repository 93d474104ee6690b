// Which domains have been seen before, and since when anybody has looked: a stable Bloom filter for
// each key group. What is new in a window enters at its end, in an order that does not depend on
// how it came; a group's window ends with its first row of a later one, and not with a watermark,
// which comes at other rows when a capture is read at another speed. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/base/time.hpp"
#include "operators/detect/stable_bloom.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

class KnownDomains {
 public:
  // `memory`: bytes at most, for all key groups. `width`: of windows.
  KnownDomains(std::uint64_t memory, DurationNs width)
      : width_(width),
        groups_(
            key_groups,
            Group(std::bit_floor(std::max<std::size_t>(
                static_cast<std::size_t>(memory) / (key_groups * StableBloom::line_bytes), 1)))),
        lately_(lately_size) {}

  // Nearly always there is nothing to fetch.
  void prefetch(std::uint64_t hash) const {
    const Group& group = groups_[key_group(hash)];
    if (lately_[hash % lately_size] != in_window(hash, group)) group.known.prefetch(hash);
  }
  // Whether the domain, by its hash, has not been seen before the window of this time.
  bool is_new(std::uint64_t hash, TimeNs time) {
    Group& group = groups_[key_group(hash)];
    if (time >= group.end) turn(group, time);
    // Most domains are asked for all the time: once a window they must be met, or are forgotten.
    std::uint64_t& lately = lately_[hash % lately_size];
    if (lately == in_window(hash, group)) return false;
    if (group.known.meet(hash)) {
      lately = in_window(hash, group);
      return false;
    }
    // More than have room are new again in the next window.
    if (group.fresh.size() < fresh_max) group.fresh.push_back(hash);
    return true;
  }
  // Event time has reached `now`: the first one is when learning began.
  void reached(TimeNs now) {
    if (begin_ == time_max && now != time_min) begin_ = now;
  }
  TimeNs begin() const { return begin_; }

  bool idle(std::uint32_t group) const {
    return groups_[group].known.empty() && groups_[group].fresh.empty();
  }
  void save_group(std::uint32_t number, StateWriter& out) const {
    const Group& group = groups_[number];
    out.put(begin_);
    out.put(group.end);
    out.put(std::uint64_t{group.fresh.size()});
    for (std::uint64_t hash : group.fresh) out.put(hash);
    group.known.save(out);
  }
  bool restore_group(std::uint32_t number, StateReader& in) {
    Group& group = groups_[number];
    begin_ = std::min(begin_, in.get<TimeNs>());
    group.end = in.get<TimeNs>();
    std::uint64_t fresh = in.get_count(sizeof(std::uint64_t));
    if (fresh > fresh_max) return false;
    for (; fresh > 0; --fresh) group.fresh.push_back(in.get<std::uint64_t>());
    return group.known.restore(in);
  }

 private:
  static constexpr std::size_t lately_size = 1 << 15;
  static constexpr std::size_t fresh_max = 1 << 14;
  struct Group {
    explicit Group(std::size_t lines) : known(lines) {}
    StableBloom known;
    std::vector<std::uint64_t> fresh;  // new in this window; a domain may stand there twice
    TimeNs end = time_min;             // of this window
  };
  // Stands for a domain that has been met in the window of its group.
  static std::uint64_t in_window(std::uint64_t hash, const Group& group) {
    return hash + static_cast<std::uint64_t>(group.end);
  }
  void turn(Group& group, TimeNs time) {
    std::sort(group.fresh.begin(), group.fresh.end());
    auto last = std::unique(group.fresh.begin(), group.fresh.end());
    std::for_each(group.fresh.begin(), last, [&](std::uint64_t hash) { group.known.add(hash); });
    group.fresh.clear();
    group.end = window_of(time, width_).end;
  }
  DurationNs width_;
  TimeNs begin_ = time_max;
  std::vector<Group> groups_;
  std::vector<std::uint64_t> lately_;  // known ones of their window, by hash
};

}  // namespace dnstorm::operators
