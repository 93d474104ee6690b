#include "operators/count/space_saving.hpp"

#include <algorithm>
#include <bit>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

SpaceSaving::SpaceSaving(std::uint32_t capacity)
    : capacity_(capacity), mask_(std::bit_ceil(capacity * 2) - 1), slots_(mask_ + 1U) {
  DNSTORM_ASSERT(capacity > 0 && capacity <= capacity_max,
                 "Space-Saving with an impossible capacity", capacity);
  static_assert(capacity_max * 2 <= 65536, "a slot keeps 16 bits of the hash and 16 of the number");
  counts_.reserve(capacity);
}

void SpaceSaving::clear() {
  if (counts_.empty()) return;
  std::fill(slots_.begin(), slots_.end(), 0U);
  counts_.clear();
  at_floor_.clear();
}

SpaceSaving::Item& SpaceSaving::enter(std::uint64_t hash, std::uint64_t weight) {
  std::uint32_t number = size();
  std::uint64_t error = 0;
  if (number < capacity_) {
    counts_.push_back(weight);
    if (items_.size() < counts_.size()) items_.emplace_back();
  } else {
    number = take_smallest();
    error = counts_[number];
    counts_[number] += weight;
    unlink(number);
  }
  Item& item = items_[number];
  item.hash = hash;
  item.error = error;
  link(number);
  return item;
}

std::uint32_t SpaceSaving::take_smallest() {
  for (;;) {
    while (!at_floor_.empty()) {
      std::uint32_t number = at_floor_.back();
      at_floor_.pop_back();
      if (counts_[number] == floor_) return number;
    }
    floor_ = *std::min_element(counts_.begin(), counts_.end());
    for (std::uint32_t i = size(); i-- > 0;)
      if (counts_[i] == floor_) at_floor_.push_back(i);
  }
}

void SpaceSaving::link(std::uint32_t number) {
  std::uint64_t hash = items_[number].hash;
  std::uint32_t at = home(hash);
  while (slots_[at] != 0) at = (at + 1) & mask_;
  slots_[at] = tag(hash) | (number + 1);
}

// Linear probing without tombstones: whatever stands behind the gap and may stand in it moves up
// (Knuth, TAOCP 3, 6.4 algorithm R).
void SpaceSaving::unlink(std::uint32_t number) {
  std::uint32_t gap = home(items_[number].hash);
  while ((slots_[gap] & 0xffff) != number + 1) gap = (gap + 1) & mask_;
  for (std::uint32_t at = (gap + 1) & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
    if (((at - home_of_slot(slots_[at])) & mask_) < ((at - gap) & mask_)) continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = 0;
}

}  // namespace dnstorm::operators
