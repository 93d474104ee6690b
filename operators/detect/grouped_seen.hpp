// SeenItems for each key group, so that what is remembered does not depend on the number of tasks,
// and checkpoints can be divided. A group's window ends with its first row of a later one, and not
// with a watermark: watermarks come at other rows when a capture is read at another speed. Not
// thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "engine/api/key.hpp"
#include "operators/detect/seen_items.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

class GroupedSeen {
 public:
  // `memory`: bytes at most, for all key groups; taken as groups are used. `width`: of windows.
  GroupedSeen(std::uint64_t memory, DurationNs width)
      : width_(width),
        groups_(
            key_groups,
            SeenItems(std::bit_floor(std::max<std::size_t>(
                static_cast<std::size_t>(memory / (key_groups * SeenItems::bytes_of_line)), 1)))),
        ends_(key_groups, time_min) {}

  const SeenItems& of(std::uint64_t key_hash) const { return groups_[key_group(key_hash)]; }
  // For a row of this time: what came in windows before has been seen.
  SeenItems& at(std::uint64_t key_hash, TimeNs time) {
    std::uint32_t group = key_group(key_hash);
    if (time >= ends_[group]) {
      groups_[group].turn();
      ends_[group] = window_of(time, width_).end;
    }
    return groups_[group];
  }
  // Of the window that the group is in.
  TimeNs window_end(std::uint64_t key_hash) const { return ends_[key_group(key_hash)]; }

  bool idle(std::uint32_t group) const { return groups_[group].empty(); }
  void save_group(std::uint32_t group, StateWriter& out) const {
    out.put(ends_[group]);
    groups_[group].save(out);
  }
  bool restore_group(std::uint32_t group, StateReader& in) {
    ends_[group] = in.get<TimeNs>();
    return groups_[group].restore(in);
  }

 private:
  DurationNs width_;
  std::vector<SeenItems> groups_;
  std::vector<TimeNs> ends_;  // of the groups' windows
};

}  // namespace dnstorm::operators
