// From the hash of a transaction to numbers of messages: open addressing over 8-byte slots, linear
// probing, deletion without tombstones. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/prefetch.hpp"

namespace dnstorm::operators {

class WaitingIndex {
  // Zero: free.
  struct Slot {
    std::uint32_t tag;   // the low half of the hash, which holds the home place
    std::uint32_t next;  // number plus one
  };

 public:
  WaitingIndex() = default;
  WaitingIndex(const WaitingIndex&) = delete;
  WaitingIndex& operator=(const WaitingIndex&) = delete;

  // Bytes for a number at most, while the table grows as well (the old and the new slots).
  static constexpr std::size_t bytes_per_number = 48;

  // use(number) for those that may have the hash, in no order. `use` must not change the index.
  template <class Use>
  void each(std::uint64_t hash, Use&& use) const {
    for (std::uint32_t at = home(hash); !free_at(at); at = after(at))
      if (may_be_at(at, hash)) use(number_at(at));
  }
  // The same place by place: from home() on up to the first one that is free, which is where
  // another one may be added.
  std::uint32_t home(std::uint64_t hash) const { return low(hash) & mask_; }
  std::uint32_t after(std::uint32_t place) const { return (place + 1) & mask_; }
  bool free_at(std::uint32_t place) const { return looked_at_[place].next == 0; }
  bool may_be_at(std::uint32_t place, std::uint64_t hash) const {
    return looked_at_[place].tag == low(hash);
  }
  std::uint32_t number_at(std::uint32_t place) const { return looked_at_[place].next - 1; }
  std::uint32_t free_place(std::uint64_t hash) const {
    std::uint32_t at = home(hash);
    while (!free_at(at)) at = after(at);
    return at;
  }
  // False, and nothing is added, if there are `same_max` of the hash already: each is looked at
  // whenever the hash is.
  bool add(std::uint64_t hash, std::uint32_t number, std::uint32_t same_max = ~0U);
  // At a free place of the hash: nothing has been changed since it was found.
  void add_at(std::uint32_t place, std::uint64_t hash, std::uint32_t number) {
    if (full()) [[unlikely]] {
      grow();
      place = free_place(hash);
    }
    slots_[place] = {low(hash), number + 1};
    ++size_;
  }
  // There must be one.
  void remove(std::uint64_t hash, std::uint32_t number);
  // Its place: nothing has been changed since it was found.
  void remove_at(std::uint32_t place);
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }
  // Empty, with room for so many.
  void reset(std::size_t expected);
  bool full() const { return (size_ + 1) * 2 > slots_.size(); }

  void prefetch(std::uint64_t hash) const { prefetch_line(&looked_at_[home(hash)]); }
  // The first number that may have the hash, plus one; 0: none.
  std::uint32_t first(std::uint64_t hash) const {
    std::uint32_t at = home(hash);
    while (!free_at(at) && !may_be_at(at, hash)) at = after(at);
    return looked_at_[at].next;
  }

 private:
  static std::uint32_t low(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }
  void take_slots(std::vector<Slot> slots);
  void grow();

  static constexpr Slot no_slots[1] = {};
  const Slot* looked_at_ = no_slots;  // those of slots_; while there are none, a free one
  std::uint32_t mask_ = 0;
  std::size_t size_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace dnstorm::operators
