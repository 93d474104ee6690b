#include "operators/count/space_saving.hpp"

#include <algorithm>
#include <bit>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

SpaceSaving::SpaceSaving(std::uint32_t capacity)
    : capacity_(capacity),
      mask_(std::bit_ceil(capacity * 2) - 1),
      slots_(mask_ + 1U),
      filter_(mask_ + 1U) {
  DNSTORM_ASSERT(capacity > 0 && capacity <= capacity_max,
                 "Space-Saving with an impossible capacity", capacity);
  static_assert(capacity_max * 2 <= 65536, "a slot keeps 16 bits of the hash and 16 of the number");
  counts_.reserve(capacity);
}

void SpaceSaving::clear() {
  if (counts_.empty()) return;
  std::fill(slots_.begin(), slots_.end(), 0U);
  std::fill(filter_.begin(), filter_.end(), 0U);
  counts_.clear();
  at_floor_.clear();
}

std::uint32_t SpaceSaving::take_free(std::uint64_t hash, std::uint64_t weight) {
  std::uint32_t number = size();
  counts_.push_back(weight);
  if (items_.size() < counts_.size()) items_.emplace_back();
  items_[number].hash = hash;
  items_[number].error = 0;
  link(number);
  return number;
}

bool SpaceSaving::take_smallest(std::uint64_t hash, std::uint64_t weight, std::uint32_t& number) {
  std::uint64_t held = cell(hash);
  // No count is below the floor: most of the long tail ends here, in its cell alone.
  if (held + weight < floor_) {
    cell(hash) = held + weight;
    return false;
  }
  number = smallest();
  if (held + weight < counts_[number]) {
    cell(hash) = held + weight;
    return false;
  }
  at_floor_.pop_back();
  unlink(number);
  Item& item = items_[number];
  cell(item.hash) = counts_[number];
  counts_[number] = held + weight;
  item.hash = hash;
  item.error = held;
  link(number);
  return true;
}

// The last of at_floor_.
std::uint32_t SpaceSaving::smallest() {
  for (;;) {
    while (!at_floor_.empty() && counts_[at_floor_.back()] != floor_) at_floor_.pop_back();
    if (!at_floor_.empty()) return at_floor_.back();
    floor_ = *std::min_element(counts_.begin(), counts_.end());
    for (std::uint32_t i = size(); i-- > 0;)
      if (counts_[i] == floor_) at_floor_.push_back(i);
  }
}

void SpaceSaving::set_key(std::uint32_t number) {
  Item& item = items_[number];
  item.key_size = static_cast<std::uint32_t>(key_.size());
  if (key_.size() <= inline_max) {
    std::copy(key_.begin(), key_.end(), item.key);
    return;
  }
  if (long_keys_.size() <= number) long_keys_.resize(capacity_);
  long_keys_[number] = key_;
}

void SpaceSaving::link(std::uint32_t number) {
  std::uint64_t hash = items_[number].hash;
  std::uint32_t at = home(hash);
  while (slots_[at] != 0) at = (at + 1) & mask_;
  slots_[at] = tag(hash) | (number + 1);
}

// Linear probing without tombstones: whatever stands behind the gap and may stand in it moves up
// (Knuth, TAOCP 3, 6.4 algorithm R).
void SpaceSaving::unlink(std::uint32_t number) {
  std::uint32_t gap = home(items_[number].hash);
  while ((slots_[gap] & 0xffff) != number + 1) gap = (gap + 1) & mask_;
  for (std::uint32_t at = (gap + 1) & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
    if (((at - home_of_slot(slots_[at])) & mask_) < ((at - gap) & mask_)) continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = 0;
}

std::uint32_t SpaceSaving::find(std::uint64_t hash, std::string_view key) const {
  for (std::uint32_t at = home(hash); slots_[at] != 0; at = (at + 1) & mask_) {
    std::uint32_t number = (slots_[at] & 0xffff) - 1;
    if (items_[number].hash == hash && this->key(number) == key) return number;
  }
  return none;
}

void SpaceSaving::merge(const SpaceSaving& other) {
  if (other.counts_.empty()) return;
  struct Merged {
    std::uint64_t count, error;
    const SpaceSaving* from;
    std::uint32_t number;
    const Item& item() const { return from->items_[number]; }
    std::string_view key() const { return from->key(number); }
  };
  SpaceSaving old(capacity_);
  std::swap(old, *this);
  std::vector<Merged> all;
  all.reserve(old.size() + other.size());
  for (std::uint32_t i = 0; i < old.size(); ++i) {
    std::uint64_t hash = old.items_[i].hash;
    std::uint32_t same = other.find(hash, old.key(i));
    all.push_back({old.count(i) + (same != none ? other.count(same) : other.held(hash)),
                   old.error(i) + (same != none ? other.error(same) : other.held(hash)), &old, i});
  }
  for (std::uint32_t i = 0; i < other.size(); ++i) {
    std::uint64_t hash = other.items_[i].hash;
    if (old.find(hash, other.key(i)) == none)
      all.push_back({other.count(i) + old.held(hash), other.error(i) + old.held(hash), &other, i});
  }
  std::size_t kept = std::min<std::size_t>(all.size(), capacity_);
  auto before = [](const Merged& a, const Merged& b) {
    if (a.count != b.count) return a.count > b.count;
    if (a.item().hash != b.item().hash) return a.item().hash < b.item().hash;
    return a.key() < b.key();
  };
  if (kept < all.size())
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(),
                     before);
  for (std::size_t i = 0; i < filter_.size(); ++i) filter_[i] = old.filter_[i] + other.filter_[i];
  for (std::size_t i = 0; i < kept; ++i) {
    std::uint32_t number = take_free(all[i].item().hash, all[i].count);
    items_[number].error = all[i].error;
    key_ = all[i].key();
    set_key(number);
  }
  for (std::size_t i = kept; i < all.size(); ++i) {
    std::uint64_t& held = cell(all[i].item().hash);
    held = std::max(held, all[i].count);
  }
}

void SpaceSaving::save(StateWriter& out) const {
  out.put(std::uint64_t{size()});
  for (std::uint32_t i = 0; i < size(); ++i) {
    out.put(items_[i].hash);
    out.put(counts_[i]);
    out.put(items_[i].error);
    out.put_bytes(key(i));
  }
  // Filter and floor are in use from the moment when all counters are taken.
  if (size() < capacity_) return;
  for (std::uint64_t held : filter_) out.put(held);
  out.put(floor_);
  out.put(std::uint64_t{at_floor_.size()});
  for (std::uint32_t number : at_floor_) out.put(number);
}

bool SpaceSaving::restore_item(StateReader& in) {
  auto hash = in.get<std::uint64_t>();
  auto count = in.get<std::uint64_t>();
  std::uint32_t number = take_free(hash, count);
  items_[number].error = in.get<std::uint64_t>();
  key_ = in.get_bytes();
  set_key(number);
  return in.ok();
}

bool SpaceSaving::restore_filter(StateReader& in) {
  if (size() < capacity_) return in.ok();
  for (std::uint64_t& held : filter_) held = in.get<std::uint64_t>();
  floor_ = in.get<std::uint64_t>();
  for (std::uint64_t left = in.get_count(sizeof(std::uint32_t)); left != 0; --left) {
    at_floor_.push_back(in.get<std::uint32_t>());
    if (at_floor_.back() >= size()) return false;
  }
  return in.ok();
}

}  // namespace dnstorm::operators
