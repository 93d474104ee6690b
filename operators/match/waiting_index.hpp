// From the hash of a transaction to numbers of messages: open addressing over 8-byte slots, linear
// probing, deletion without tombstones. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/prefetch.hpp"

namespace dnstorm::operators {

class WaitingIndex {
 public:
  // Bytes for a number at most, while the table grows as well (the old and the new slots).
  static constexpr std::size_t bytes_per_number = 48;

  // use(number) for those that may have the hash, in no order. `use` must not change the index.
  template <class Use>
  void each(std::uint64_t hash, Use&& use) const {
    if (slots_.empty()) return;
    std::uint32_t tag = low(hash);
    for (std::uint32_t at = tag & mask_; slots_[at].next != 0; at = (at + 1) & mask_)
      if (slots_[at].tag == tag) use(slots_[at].next - 1);
  }
  // False, and nothing is added, if there are `same_max` of the hash already: each is looked at
  // whenever the hash is.
  bool add(std::uint64_t hash, std::uint32_t number, std::uint32_t same_max = ~0U);
  // There must be one.
  void remove(std::uint64_t hash, std::uint32_t number);
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }
  // Empty, with room for so many.
  void reset(std::size_t expected);
  bool full() const { return (size_ + 1) * 2 > slots_.size(); }

  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) prefetch_line(&slots_[low(hash) & mask_]);
  }
  // The first number that may have the hash, plus one; 0: none.
  std::uint32_t first(std::uint64_t hash) const {
    if (slots_.empty()) return 0;
    std::uint32_t at = low(hash) & mask_;
    while (slots_[at].next != 0 && slots_[at].tag != low(hash)) at = (at + 1) & mask_;
    return slots_[at].next;
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;   // the low half of the hash, which holds the home place
    std::uint32_t next = 0;  // number plus one; 0: free
  };
  static std::uint32_t low(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }
  void grow();

  std::uint32_t mask_ = 0;
  std::size_t size_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace dnstorm::operators
