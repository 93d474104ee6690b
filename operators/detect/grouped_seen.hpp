// SeenItems for each key group, so that what is remembered does not depend on the number of tasks,
// and checkpoints can be divided. Not thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "engine/api/key.hpp"
#include "operators/detect/seen_items.hpp"

namespace dnstorm::operators {

class GroupedSeen {
 public:
  // `memory`: bytes at most, for all key groups; taken as groups are used.
  explicit GroupedSeen(std::uint64_t memory)
      : groups_(
            key_groups,
            SeenItems(std::bit_floor(std::max<std::size_t>(
                static_cast<std::size_t>(memory / (key_groups * SeenItems::bytes_of_line)), 1)))) {}

  SeenItems& of(std::uint64_t key_hash) { return groups_[key_group(key_hash)]; }
  const SeenItems& of(std::uint64_t key_hash) const { return groups_[key_group(key_hash)]; }
  void turn() {
    for (SeenItems& group : groups_) group.turn();
  }

  bool idle(std::uint32_t group) const { return groups_[group].empty(); }
  void save_group(std::uint32_t group, StateWriter& out) const { groups_[group].save(out); }
  bool restore_group(std::uint32_t group, StateReader& in) { return groups_[group].restore(in); }

 private:
  std::vector<SeenItems> groups_;
};

}  // namespace dnstorm::operators
