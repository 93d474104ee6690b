#include "operators/rssac002/source_set.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace dnstorm::operators {

template <class Key>
SourceSet<Key>::SourceSet(std::uint64_t exact_max, std::uint8_t precision)
    : exact_max_(exact_max), precision_(precision) {
  if (exact_max_ == 0) start_estimating();
}

template <class Key>
std::uint64_t SourceSet<Key>::count() const {
  return sketch_ ? static_cast<std::uint64_t>(std::llround(sketch_->estimate())) : size_;
}

template <class Key>
void SourceSet<Key>::clear() {
  // A table that has become far too large for what comes is halved.
  std::size_t slots = slots_.size();
  if (slots > slots_min && size_ < slots / 16) {
    slots_ = Slots(slots / 2);
    mask_ = slots / 2 - 1;
  } else {
    std::fill(slots_.begin(), slots_.end(), Key{});
  }
  size_ = 0;
  has_zero_ = false;
  sketch_.reset();
  if (exact_max_ == 0) start_estimating();
}

template <class Key>
bool SourceSet<Key>::add_piece(std::string_view bytes) {
  if (bytes.size() % sizeof(Key) != 0) return false;
  // Slots are asked for some keys before they are needed.
  constexpr std::size_t together = 16;
  std::array<Key, together> keys;
  std::array<std::uint64_t, together> hashes;
  while (!bytes.empty()) {
    std::size_t count = std::min(together, bytes.size() / sizeof(Key));
    std::memcpy(keys.data(), bytes.data(), count * sizeof(Key));
    for (std::size_t i = 0; i < count; ++i) prefetch(hashes[i] = source_hash(keys[i]));
    for (std::size_t i = 0; i < count; ++i) add(keys[i], hashes[i]);
    bytes.remove_prefix(count * sizeof(Key));
  }
  return true;
}

template <class Key>
bool SourceSet<Key>::merge_registers(std::string_view registers) {
  HyperLogLog other(precision_);
  if (!other.set_registers(registers)) return false;
  if (!sketch_) start_estimating();
  sketch_->merge(other);
  return true;
}

template <class Key>
bool SourceSet<Key>::add_zero(std::uint64_t hash) {
  if (std::exchange(has_zero_, true)) return false;
  ++size_;
  if (size_ > exact_max_) start_estimating();
  if (sketch_) sketch_->add(hash);
  return true;
}

template <class Key>
void SourceSet<Key>::insert(const Key& key, std::uint64_t hash) {
  if (size_ == exact_max_) {
    start_estimating();
    sketch_->add(hash);
    return;
  }
  if ((size_ + 1) * 4 > slots_.size() * 3) resize(slots_.size() * 2);
  std::uint64_t at = hash & mask_;
  while (slots_[at] != Key{}) at = (at + 1) & mask_;
  slots_[at] = key;
  ++size_;
}

// Keys go to two places that move on in step, so the memory is walked through, not jumped about in.
template <class Key>
void SourceSet<Key>::resize(std::size_t slots) {
  Slots old = std::exchange(slots_, Slots(slots));
  mask_ = slots - 1;
  for (const Key& key : old) {
    if (key == Key{}) continue;
    std::uint64_t at = source_hash(key) & mask_;
    while (slots_[at] != Key{}) at = (at + 1) & mask_;
    slots_[at] = key;
  }
}

template <class Key>
void SourceSet<Key>::start_estimating() {
  sketch_.emplace(precision_);
  if (has_zero_) sketch_->add(source_hash(Key{}));
  for (const Key& key : slots_)
    if (key != Key{}) sketch_->add(source_hash(key));
  slots_ = Slots(slots_min);
  mask_ = slots_min - 1;
  has_zero_ = false;
  size_ = 0;
}

template class SourceSet<SourceV4>;
template class SourceSet<SourceNet>;
template class SourceSet<SourceV6>;

}  // namespace dnstorm::operators
