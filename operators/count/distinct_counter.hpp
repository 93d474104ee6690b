// Counts distinct hashes: exactly in a set while they are few, with HyperLogLog beyond. The switch
// depends on the number of distinct hashes only, so the result does not depend on the order or on
// repetition. Two different items with one 64-bit hash count once: among n items that happens with
// probability n^2 / 2^65 (below 3 in a million for ten million). Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/api/state.hpp"
#include "operators/count/hyperloglog.hpp"

namespace dnstorm::operators {

class DistinctCounter {
 public:
  static constexpr std::uint64_t always_exact = ~std::uint64_t{0};

  // Exact up to `exact_max` distinct hashes.
  DistinctCounter(std::uint8_t precision, std::uint64_t exact_max)
      : precision_(precision), exact_max_(exact_max) {}

  void add(std::uint64_t hash) {
    // 0 marks a free slot of the set. The hash 0 is taken for 1, in the sketch too: what an item
    // does to it must not depend on when the item came.
    if (hash == 0) [[unlikely]]
      hash = 1;
    if (estimating_) {
      sketch_->add(hash);
      return;
    }
    for (std::uint64_t at = hash & mask_; !set_.empty(); at = (at + 1) & mask_) {
      if (set_[at] == hash) return;
      if (set_[at] == 0) break;
    }
    insert(hash);
  }
  std::uint64_t count() const;
  // Relative standard error of count(); 0 while it is exact.
  double relative_error() const { return estimating_ ? sketch_->standard_error() : 0; }
  // The union of both; the result does not depend on the order of merging. Both have the same
  // precision and limit.
  void merge(const DistinctCounter& other);
  // Keeps the memory.
  void clear();

  void save(StateWriter& out) const;
  // Into an empty counter. False: the bytes are not those of save().
  bool restore(StateReader& in);

 private:
  void insert(std::uint64_t hash);
  void grow();
  void start_estimating();

  std::uint8_t precision_;
  bool estimating_ = false;
  std::uint64_t exact_max_;
  std::uint64_t mask_ = 0;
  std::uint64_t size_ = 0;
  std::vector<std::uint64_t> set_;     // open addressing
  std::optional<HyperLogLog> sketch_;  // made when it is first needed
};

}  // namespace dnstorm::operators
