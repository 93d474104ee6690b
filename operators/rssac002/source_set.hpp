// Different addresses, or networks, that have sent something: exactly up to a limit, by HyperLogLog
// beyond. The switch depends on the number of different keys only, so the result does not depend on
// their order, on repetition, or on how they came to be divided among sets that are merged.
//
// An open table of bare keys (4, 8 or 16 bytes), at most 3/4 full. Not thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/api/state.hpp"
#include "engine/base/prefetch.hpp"
#include "operators/count/hyperloglog.hpp"
#include "operators/rssac002/large_pages.hpp"

namespace dnstorm::operators {

using SourceV4 = std::uint32_t;
using SourceNet = std::uint64_t;  // the first 64 bits of an IPv6 address
struct SourceV6 {
  std::uint64_t net = 0;
  std::uint64_t host = 0;
  friend bool operator==(const SourceV6& a, const SourceV6& b) {
    return ((a.net ^ b.net) | (a.host ^ b.host)) == 0;  // without a branch between the two
  }
};

inline std::uint64_t source_hash(SourceV4 key) { return hash_number(key + 0x9e3779b97f4a7c15ULL); }
inline std::uint64_t source_hash(SourceNet key) { return hash_number(key + 0x9e3779b97f4a7c15ULL); }
inline std::uint64_t source_hash(const SourceV6& key) {
  return hash_combine(hash_number(key.net), key.host);
}

template <class Key>
class SourceSet {
 public:
  // Exact up to `exact_max` keys; 0: never.
  SourceSet(std::uint64_t exact_max, std::uint8_t precision);

  // For a key that is added some keys later.
  void prefetch(std::uint64_t hash) const { prefetch_line(slots_.data() + (hash & mask_)); }
  // `hash` is source_hash(key). False: it is known that the key was there before.
  bool add(const Key& key, std::uint64_t hash) {
    if (sketch_) return sketch_->add(hash), true;
    // A free slot holds the key of zeros.
    if (key == Key{}) [[unlikely]]
      return add_zero(hash);
    for (std::uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      if (slots_[at] == key) return false;
      if (slots_[at] == Key{}) break;
    }
    return insert(key, hash), true;
  }

  std::uint64_t count() const;
  // Relative standard error of count(); 0 while it is exact.
  double relative_error() const { return sketch_ ? sketch_->standard_error() : 0; }
  // Keeps the memory that so many keys need.
  void clear();

  // use(key group, bytes of keys); not while it estimates.
  template <class Use>
  void each_piece(Use&& use) const {
    std::vector<std::vector<Key>> pieces(key_groups);
    auto hand_out = [&](std::uint32_t group) {
      const auto& piece = pieces[group];
      use(group, std::string_view(reinterpret_cast<const char*>(piece.data()),
                                  piece.size() * sizeof(Key)));
      pieces[group].clear();
    };
    auto add_key = [&](const Key& key) {
      std::uint32_t group = key_group(source_hash(key));
      pieces[group].push_back(key);
      if (pieces[group].size() == piece_max) hand_out(group);
    };
    if (has_zero_) add_key(Key{});
    // Run by run, in steps by the golden ratio (odd, so that each comes once): in the order of
    // their places, keys would crowd together in a smaller table that they are added to.
    std::uint64_t runs = slots_.size() / run;
    std::uint64_t step = (runs * 40503 >> 16) | 1;
    for (std::uint64_t i = 0; i < runs; ++i) {
      const Key* first = &slots_[(i * step & (runs - 1)) * run];
      for (const Key* key = first; key != first + run; ++key)
        if (*key != Key{}) add_key(*key);
    }
    for (std::uint32_t group = 0; group < key_groups; ++group)
      if (!pieces[group].empty()) hand_out(group);
  }
  // False: these are no keys.
  bool add_piece(std::string_view bytes);
  const HyperLogLog* sketch() const { return sketch_ ? &*sketch_ : nullptr; }
  // False: these are no registers of this precision.
  bool merge_registers(std::string_view registers);

 private:
  static constexpr std::size_t slots_min = 64;
  static constexpr std::size_t run = 16;
  static constexpr std::size_t piece_max = 1024;
  using Slots = std::vector<Key, LargePages<Key>>;
  bool add_zero(std::uint64_t hash);
  void insert(const Key& key, std::uint64_t hash);
  void resize(std::size_t slots);
  void start_estimating();

  std::uint64_t exact_max_;
  std::uint8_t precision_;
  bool has_zero_ = false;
  std::uint64_t size_ = 0;  // with the key of zeros, which has no slot
  Slots slots_ = Slots(slots_min);
  std::uint64_t mask_ = slots_min - 1;
  std::optional<HyperLogLog> sketch_;  // there while it estimates
};

extern template class SourceSet<SourceV4>;
extern template class SourceSet<SourceNet>;
extern template class SourceSet<SourceV6>;

}  // namespace dnstorm::operators
