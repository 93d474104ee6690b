#include "operators/sinks/top_sum.hpp"

#include <algorithm>

namespace dnstorm::operators {

void TopSum::add(const TopList& part) {
  floor_ += part.floor;
  for (const TopItem& item : part.items) {
    Sum& sum = sums_[item.item];
    sum.low += item.low;
    sum.high += item.high;
    sum.floors += part.floor;
  }
}

TopList TopSum::take(std::size_t limit) const {
  TopList all{.items = {}, .floor = floor_};
  all.items.reserve(sums_.size());
  // In the parts that do not list it, it may have had their floor.
  for (const auto& [item, sum] : sums_)
    all.items.push_back({item, sum.low, sum.high + floor_ - sum.floors});
  std::sort(all.items.begin(), all.items.end(), [](const TopItem& a, const TopItem& b) {
    return a.low != b.low ? a.low > b.low : a.item < b.item;
  });
  for (std::size_t i = limit; i < all.items.size(); ++i)
    all.floor = std::max(all.floor, all.items[i].high);
  if (all.items.size() > limit) all.items.resize(limit);
  return all;
}

}  // namespace dnstorm::operators
