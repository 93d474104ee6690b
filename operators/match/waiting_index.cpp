#include "operators/match/waiting_index.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

namespace {
constexpr std::size_t slots_min = 16;
}  // namespace

bool WaitingIndex::add(std::uint64_t hash, std::uint32_t number, std::uint32_t same_max) {
  if (full()) grow();
  std::uint32_t at = low(hash) & mask_;
  std::uint32_t same = 0;
  for (; slots_[at].next != 0; at = (at + 1) & mask_)
    if (slots_[at].tag == low(hash) && ++same == same_max) return false;
  slots_[at] = {low(hash), number + 1};
  ++size_;
  return true;
}

// Whatever stands behind the gap and may stand in it moves up (Knuth, TAOCP 3, 6.4 algorithm R).
void WaitingIndex::remove(std::uint64_t hash, std::uint32_t number) {
  DNSTORM_ASSERT(size_ != 0, "a number is removed that is not there", number);
  std::uint32_t gap = low(hash) & mask_;
  while (slots_[gap].next != number + 1) {
    DNSTORM_ASSERT(slots_[gap].next != 0, "a number is removed that is not there", number);
    gap = (gap + 1) & mask_;
  }
  for (std::uint32_t at = (gap + 1) & mask_; slots_[at].next != 0; at = (at + 1) & mask_) {
    if (((at - slots_[at].tag) & mask_) < ((at - gap) & mask_)) continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = {};
  --size_;
}

void WaitingIndex::reset(std::size_t expected) {
  std::size_t wanted = std::bit_ceil(std::max(slots_min, expected * 2 + 2));
  if (wanted > slots_.size()) slots_ = {};
  slots_.assign(std::max(wanted, slots_.size()), Slot{});
  mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
  size_ = 0;
}

void WaitingIndex::grow() {
  std::vector<Slot> old =
      std::exchange(slots_, std::vector<Slot>(std::max(slots_min, slots_.size() * 2)));
  mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
  for (const Slot& slot : old) {
    if (slot.next == 0) continue;
    std::uint32_t at = slot.tag & mask_;
    while (slots_[at].next != 0) at = (at + 1) & mask_;
    slots_[at] = slot;
  }
}

}  // namespace dnstorm::operators
