// How many bytes the distinct items of a stream hold together, from a bounded sample: priority
// sampling (Duffield, Lund, Thorup: Priority sampling for estimation of arbitrary subset sums,
// Journal of the ACM 54, 2007), with the item's hash in place of the dice, so that an item counts
// once however often it comes.
//
// Exact up to `sample_max` items; beyond, unbiased with a relative standard error of at most
// 1 / sqrt(sample_max - 1): 13 %. The state is a function of the set of items: neither order nor
// repetition nor division among several matters. Hashes are mixed anew here. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/api/state.hpp"

namespace dnstorm::operators {

class DistinctBytes {
 public:
  static constexpr std::size_t sample_max = 64;

  // An item always has the same size.
  void add(std::uint64_t hash, std::uint32_t size);
  double estimate() const;
  void merge(const DistinctBytes& other);
  void clear() { sample_.clear(); }

  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  struct Item {
    double priority = 0;  // size / u, u even in (0, 1]: the larger ones are kept
    std::uint64_t hash = 0;
    std::uint32_t size = 0;
  };
  static bool above(const Item& a, const Item& b);

  // A heap with the least priority first; one more than the sample, for the threshold.
  std::vector<Item> sample_;
};

}  // namespace dnstorm::operators
