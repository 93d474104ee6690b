// A pane's values by key, parted into key groups: what aggregates by key leave in a checkpoint. A
// section holds panes one after the other: which one (its start; of a window of parts both bounds),
// how many keys, then each key and its value.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "engine/api/keyed_state.hpp"
#include "operators/count/key_index.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

inline void put_pane(StateWriter& out, TimeNs start) { out.put(start); }
inline void put_pane(StateWriter& out, WindowBounds bounds) {
  out.put(bounds.start);
  out.put(bounds.end);
}
inline void get_pane(StateReader& in, TimeNs& start) { start = in.get<TimeNs>(); }
inline void get_pane(StateReader& in, WindowBounds& bounds) {
  bounds.start = in.get<TimeNs>();
  bounds.end = in.get<TimeNs>();
}

// save_value(StateWriter&, number) for every key.
template <class Name, class Save>
void save_pane(Name pane, const KeyIndex& index, const KeyGrouping& grouping, GroupSections& out,
               Save&& save_value) {
  std::vector<std::uint64_t> codes = index.codes();
  std::vector<std::uint32_t> groups(index.count());
  std::array<std::uint32_t, key_groups> counts{};
  for (std::uint32_t number = 0; number < index.count(); ++number) {
    groups[number] = grouping.group_of(index.key(number)).value();
    ++counts[groups[number]];
  }
  for (std::uint32_t group = 0; group < key_groups; ++group) {
    if (counts[group] == 0) continue;
    put_pane(out.of(group), pane);
    out.of(group).put(std::uint64_t{counts[group]});
  }
  for (std::uint32_t number = 0; number < index.count(); ++number) {
    StateWriter& section = out.of(groups[number]);
    section.put(codes[number]);
    section.put_bytes(index.key(number));
    save_value(section, number);
  }
}

// The panes of a section. pane(Name) gives the state (State::index) that a pane's keys go into, or
// null; restore_value(State&, number) reads the value of a key, new or known. False: the bytes are
// not those of save_pane() for that group.
template <class Name = TimeNs, class Pane, class Restore>
bool restore_panes(StateReader& in, std::uint32_t group, const KeyGrouping& grouping,
                   const KeyOrder& order, Pane&& pane, Restore&& restore_value) {
  while (!in.at_end()) {
    Name name{};
    get_pane(in, name);
    std::uint64_t left = in.get_count(2 * sizeof(std::uint64_t));
    auto* state = in.ok() && left != 0 ? pane(name) : nullptr;
    if (state == nullptr) return false;
    for (; left != 0; --left) {
      auto number = state->index.restore_key(in, order);
      if (!number || grouping.group_of(state->index.key(*number)) != group) return false;
      if (!restore_value(*state, *number)) return false;
    }
  }
  return in.ok();
}

}  // namespace dnstorm::operators
