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

void WaitingIndex::remove(std::uint64_t hash, std::uint32_t number) {
  DNSTORM_ASSERT(size_ != 0, "a number is removed that is not there", number);
  std::uint32_t place = low(hash) & mask_;
  while (slots_[place].next != number + 1) {
    DNSTORM_ASSERT(slots_[place].next != 0, "a number is removed that is not there", number);
    place = (place + 1) & mask_;
  }
  remove_at(place);
}

// Whatever stands behind the gap and may stand in it moves up (Knuth, TAOCP 3, 6.4 algorithm R).
void WaitingIndex::remove_at(std::uint32_t gap) {
  Slot* slots = slots_.data();
  std::uint32_t mask = mask_;
  for (std::uint32_t at = (gap + 1) & mask; slots[at].next != 0; at = (at + 1) & mask) {
    if (((at - slots[at].tag) & mask) < ((at - gap) & mask)) continue;
    slots[gap] = slots[at];
    gap = at;
  }
  slots[gap] = {};
  --size_;
}

void WaitingIndex::reset(std::size_t expected) {
  std::size_t wanted = std::bit_ceil(std::max(slots_min, expected * 2 + 2));
  if (wanted > slots_.size()) {
    slots_ = {};
    take_slots(std::vector<Slot>(wanted));
  } else {
    std::fill(slots_.begin(), slots_.end(), Slot{});
  }
  size_ = 0;
}

void WaitingIndex::take_slots(std::vector<Slot> slots) {
  slots_ = std::move(slots);
  looked_at_ = slots_.data();
  mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
}

void WaitingIndex::grow() {
  std::vector<Slot> old = std::move(slots_);
  take_slots(std::vector<Slot>(std::max(slots_min, old.size() * 2)));
  for (const Slot& slot : old) {
    if (slot.next == 0) continue;
    std::uint32_t at = slot.tag & mask_;
    while (slots_[at].next != 0) at = (at + 1) & mask_;
    slots_[at] = slot;
  }
}

}  // namespace dnstorm::operators
