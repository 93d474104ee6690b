// Space-Saving: the heavy hitters of a stream with a fixed number of counters (Metwally, Agrawal,
// El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams, ICDT 2005).
//
// With N the sum of all weights and m counters, for every item that is kept:
//   count - error <= true count <= count, and error <= N / m;
// every item with a true count above N / m is kept. As long as there are no more than m distinct
// items all counts are exact and all errors 0. The result depends on the order of the stream.
//
// The minimum is not kept in a heap or in buckets: counters that had the smallest count when last
// looked are taken one by one, and the next search comes when they are used up. Counts only grow,
// so none below is missed. In long-tailed streams many counters share the smallest count, and a
// search over some hundred numbers in a row costs less than one cache miss. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dnstorm::operators {

class SpaceSaving {
 public:
  static constexpr std::uint32_t capacity_max = 8192;

  struct Item {
    std::uint64_t hash = 0;
    std::uint64_t error = 0;  // by how much the count may be too high
    std::string key;
  };

  explicit SpaceSaving(std::uint32_t capacity);

  // Key: bool equals(std::string_view) const; void write(std::string&) const. Equal keys have equal
  // hashes; keys are compared, so unequal keys may have equal hashes.
  template <class Key>
  void add(std::uint64_t hash, const Key& key, std::uint64_t weight) {
    for (std::uint32_t at = home(hash);; at = (at + 1) & mask_) {
      std::uint32_t slot = slots_[at];
      if (slot == 0) break;
      if ((slot ^ tag(hash)) >> 16 != 0) continue;
      Item& item = items_[(slot & 0xffff) - 1];
      if (item.hash != hash || !key.equals(item.key)) continue;
      counts_[(slot & 0xffff) - 1] += weight;
      return;
    }
    if (weight == 0) return;
    Item& item = enter(hash, weight);
    item.key.clear();
    key.write(item.key);
  }
  // Fetches what add() looks at first.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[home(hash)]); }

  std::uint32_t size() const { return static_cast<std::uint32_t>(counts_.size()); }
  std::uint32_t capacity() const { return capacity_; }
  const Item& item(std::uint32_t number) const { return items_[number]; }
  std::uint64_t count(std::uint32_t number) const { return counts_[number]; }
  // Keeps the memory.
  void clear();

 private:
  std::uint32_t home(std::uint64_t hash) const { return static_cast<std::uint32_t>(hash) & mask_; }
  // The low 16 bits of the hash: they hold the home place, so that moving slots touches no items.
  static std::uint32_t tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash) << 16; }
  std::uint32_t home_of_slot(std::uint32_t slot) const { return (slot >> 16) & mask_; }
  // A counter for a new item, entered under its hash; the smallest gives way when all are taken.
  Item& enter(std::uint64_t hash, std::uint64_t weight);
  std::uint32_t take_smallest();
  void link(std::uint32_t number);
  void unlink(std::uint32_t number);

  std::uint32_t capacity_;
  std::uint32_t mask_;
  std::vector<std::uint32_t>
      slots_;  // open addressing: 16 bits of the hash, 16 of number + 1; 0: free
  std::vector<std::uint64_t> counts_;
  std::vector<Item> items_;  // as long as was ever needed: clear() keeps the keys' memory
  std::uint64_t floor_ = 0;  // the smallest count when it was last searched
  std::vector<std::uint32_t> at_floor_;  // the counters that had it then
};

}  // namespace dnstorm::operators
