#include "operators/detect/distinct_bytes.hpp"

#include <algorithm>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {

// Equal priorities are decided by the hash: what is kept must not depend on the order.
bool DistinctBytes::above(const Item& a, const Item& b) {
  return a.priority != b.priority ? a.priority > b.priority : a.hash > b.hash;
}

void DistinctBytes::add(std::uint64_t hash, std::uint32_t size) {
  if (size == 0) return;
  std::uint64_t dice = hash_number(hash ^ 0x9e3779b97f4a7c15ULL);
  double even = (static_cast<double>(dice >> 11) + 1) * 0x1p-53;
  Item item{size / even, hash, size};
  if (sample_.size() > sample_max && !above(item, sample_.front())) return;
  for (const Item& known : sample_)
    if (known.hash == hash) return;
  if (sample_.size() > sample_max) {
    std::pop_heap(sample_.begin(), sample_.end(), above);
    sample_.back() = item;
  } else {
    sample_.push_back(item);
  }
  std::push_heap(sample_.begin(), sample_.end(), above);
}

double DistinctBytes::estimate() const {
  bool exact = sample_.size() <= sample_max;
  double threshold = exact ? 0 : sample_.front().priority;
  // In the order of the priorities: that of a heap depends on how the items came, and so would the
  // last digit of the sum.
  std::vector<Item> items(sample_.begin() + (exact ? 0 : 1), sample_.end());
  std::sort(items.begin(), items.end(), above);
  double sum = 0;
  for (const Item& item : items) sum += std::max(threshold, static_cast<double>(item.size));
  return sum;
}

void DistinctBytes::merge(const DistinctBytes& other) {
  for (const Item& item : other.sample_) add(item.hash, item.size);
}

void DistinctBytes::save(StateWriter& out) const {
  out.put(std::uint64_t{sample_.size()});
  for (const Item& item : sample_) {
    out.put(item.hash);
    out.put(item.size);
  }
}

bool DistinctBytes::restore(StateReader& in) {
  std::uint64_t items = in.get_count(sizeof(std::uint64_t) + sizeof(std::uint32_t));
  if (items > sample_max + 1) return false;
  for (; items > 0; --items) {
    auto hash = in.get<std::uint64_t>();
    add(hash, in.get<std::uint32_t>());
  }
  return in.ok();
}

}  // namespace dnstorm::operators
