// What a top knows of the rows of a window: a sketch for each key group. Shared by the form that
// counts rows and the one that puts sketches together. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/api/options.hpp"
#include "operators/count/space_saving.hpp"
#include "operators/count/top_output.hpp"

namespace dnstorm::operators {

inline std::uint32_t capacity_of(const Options& options) {
  auto k = static_cast<std::uint32_t>(options.integer("k"));
  if (options.given("capacity")) return static_cast<std::uint32_t>(options.integer("capacity"));
  return std::max<std::uint32_t>(32, k);
}

// One sketch a key group: what a group finds does not depend on which task it belongs to.
struct TopState {
  explicit TopState(std::uint32_t sketch_capacity) : capacity(sketch_capacity) {}
  SpaceSaving& group(std::uint64_t hash) {
    auto& sketch = groups[key_group(hash)];
    if (sketch == nullptr) [[unlikely]]
      sketch = std::make_unique<SpaceSaving>(capacity);
    return *sketch;
  }
  void prefetch_slot(std::uint64_t hash) const {
    if (const auto& sketch = groups[key_group(hash)]) sketch->prefetch_slot(hash);
  }
  void prefetch_item(std::uint64_t hash) const {
    if (const auto& sketch = groups[key_group(hash)]) sketch->prefetch_item(hash);
  }
  void merge(const TopState& other) {
    for (std::uint32_t i = 0; i < key_groups; ++i) {
      if (other.groups[i] == nullptr) continue;
      if (groups[i] == nullptr) groups[i] = std::make_unique<SpaceSaving>(capacity);
      groups[i]->merge(*other.groups[i]);
    }
  }
  void clear() {
    for (auto& sketch : groups)
      if (sketch != nullptr) sketch->clear();
  }
  std::uint32_t capacity;
  std::array<std::unique_ptr<SpaceSaving>, key_groups> groups;
};

// In no particular order. They are valid until the state changes.
inline std::vector<RankedItem> items_of(const SpaceSaving& sketch) {
  std::vector<RankedItem> items;
  for (std::uint32_t i = 0; i < sketch.size(); ++i)
    items.push_back({sketch.count(i), sketch.error(i), sketch.key(i)});
  return items;
}
inline std::vector<RankedItem> items_of(const TopState& state) {
  std::vector<RankedItem> items;
  for (const auto& sketch : state.groups) {
    if (sketch == nullptr) continue;
    std::vector<RankedItem> more = items_of(*sketch);
    items.insert(items.end(), more.begin(), more.end());
  }
  return items;
}

}  // namespace dnstorm::operators
