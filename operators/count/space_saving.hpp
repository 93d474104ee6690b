// Filtered Space-Saving: the heavy hitters of a stream with a fixed number of counters (Homem,
// Carvalho: Finding top-k elements in data streams, Information Sciences 180, 2010), which is
// Space-Saving (Metwally, Agrawal, El Abbadi, ICDT 2005) behind a filter.
//
// With N the sum of all weights and m counters, for every item that is kept:
//   count - error <= true count <= count, and error <= N / m;
// every item with a true count above N / m is kept. As long as there are no more than m distinct
// items all counts are exact and all errors 0. The result depends on the order of the stream.
//
// Items that are not kept are summed up by hash in the cells of the filter. Only an item whose cell
// reaches the smallest count takes that counter over, with what the cell held as its error; the
// cell of the item that gives way becomes its count. The long tail of a DNS stream so changes a
// cell and nothing else, and errors are smaller than without. (The sum of all counts grows by no
// more than the weight at each step, hence the bound; a cell is never above the smallest count.)
//
// The minimum is not kept in a heap or in buckets: counters that had the smallest count when last
// looked are taken one by one, and the next search comes when they are used up. Counts only grow,
// so none below is missed. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/state.hpp"
#include "engine/base/prefetch.hpp"

namespace dnstorm::operators {

class SpaceSaving {
 public:
  static constexpr std::uint32_t capacity_max = 8192;

  explicit SpaceSaving(std::uint32_t capacity);

  // Key: bool equals(std::string_view) const; void write(std::string&) const. Equal keys have equal
  // hashes; keys are compared, so unequal keys may have equal hashes.
  template <class Key>
  void add(std::uint64_t hash, const Key& key, std::uint64_t weight) {
    for (std::uint32_t at = home(hash);; at = (at + 1) & mask_) {
      std::uint32_t slot = slots_[at];
      if (slot == 0) break;
      if ((slot ^ tag(hash)) >> 16 != 0) continue;
      std::uint32_t number = (slot & 0xffff) - 1;
      if (items_[number].hash != hash || !key.equals(this->key(number))) continue;
      counts_[number] += weight;
      return;
    }
    if (weight == 0) return;
    std::uint32_t number = 0;
    if (size() < capacity_)
      number = take_free(hash, weight);
    else if (!take_smallest(hash, weight, number))
      return;
    key_.clear();
    key.write(key_);
    set_key(number);
  }
  // Two stages of fetching ahead what add() looks at: its slot, then the item behind it or, where
  // it is not kept, its cell.
  void prefetch_slot(std::uint64_t hash) const { prefetch_line(&slots_[home(hash)]); }
  void prefetch_item(std::uint64_t hash) const {
    std::uint32_t slot = slots_[home(hash)];
    if (slot != 0 && (slot ^ tag(hash)) >> 16 == 0)
      prefetch_line(&items_[(slot & 0xffff) - 1]);
    else
      prefetch_line(&filter_[(hash >> 32) & mask_]);
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(counts_.size()); }
  std::uint32_t capacity() const { return capacity_; }
  std::uint64_t count(std::uint32_t number) const { return counts_[number]; }
  // By how much the count may be too high.
  std::uint64_t error(std::uint32_t number) const { return items_[number].error; }
  // Valid until the next add().
  std::string_view key(std::uint32_t number) const {
    const Item& item = items_[number];
    if (item.key_size > inline_max) return long_keys_[number];
    return {item.key, item.key_size};
  }
  // The heavy hitters of both streams (Agarwal et al., Mergeable summaries, PODS 2012): an item
  // that only one of them keeps counts in the other by the cell of its filter, which the true count
  // is not above. The bounds hold, and what is exact stays exact while all items fit in. Nothing
  // may be added to the sketch afterwards, only merged. Both have the same capacity.
  void merge(const SpaceSaving& other);
  // Keeps the memory.
  void clear();

  // All that later results depend on.
  void save(StateWriter& out) const;
  // Into an empty sketch. False: the bytes are not those of save(), or a key is not `valid`.
  template <class Valid>
  bool restore(StateReader& in, Valid&& valid) {
    std::uint64_t size = in.get_count(sizeof(std::uint64_t) * 4);
    if (size > capacity_) return false;
    for (std::uint64_t i = 0; i < size; ++i)
      if (!restore_item(in) || !valid(key_)) return false;
    return restore_filter(in);
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  static constexpr std::uint32_t inline_max = 44;
  struct alignas(64) Item {
    std::uint64_t hash = 0;
    std::uint64_t error = 0;
    std::uint32_t key_size = 0;
    char key[inline_max];  // longer ones are in long_keys_
  };

  std::uint32_t home(std::uint64_t hash) const { return static_cast<std::uint32_t>(hash) & mask_; }
  // The low 16 bits of the hash: they hold the home place, so that moving slots touches no items.
  static std::uint32_t tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash) << 16; }
  std::uint32_t home_of_slot(std::uint32_t slot) const { return (slot >> 16) & mask_; }
  std::uint64_t& cell(std::uint64_t hash) { return filter_[(hash >> 32) & mask_]; }

  // A counter for a new item, entered under its hash.
  std::uint32_t take_free(std::uint64_t hash, std::uint64_t weight);
  // As take_free() when all are taken; false if the filter holds the item back.
  bool take_smallest(std::uint64_t hash, std::uint64_t weight, std::uint32_t& number);
  std::uint32_t smallest();
  std::uint32_t find(std::uint64_t hash, std::string_view key) const;
  std::uint64_t held(std::uint64_t hash) const { return filter_[(hash >> 32) & mask_]; }
  bool restore_item(StateReader& in);
  bool restore_filter(StateReader& in);
  void set_key(std::uint32_t number);
  void link(std::uint32_t number);
  void unlink(std::uint32_t number);

  std::uint32_t capacity_;
  std::uint32_t mask_;
  std::vector<std::uint32_t>
      slots_;  // open addressing: 16 bits of the hash, 16 of number + 1; 0: free
  std::vector<std::uint64_t> filter_;  // as many cells as slots
  std::vector<std::uint64_t> counts_;
  std::vector<Item> items_;              // as long as was ever needed
  std::vector<std::string> long_keys_;   // empty as long as there is none
  std::uint64_t floor_ = 0;              // the smallest count when it was last searched
  std::vector<std::uint32_t> at_floor_;  // the counters that had it then
  std::string key_;                      // of the item that enters
};

}  // namespace dnstorm::operators
