// What has been seen lately, by hash, in bounded memory: two generations of a Bloom filter (Bloom
// 1970), of which the older one is dropped when the younger is a third full. What is seen again
// moves into the younger one; so what is frequent is remembered, and what is rare is forgotten
// after one to two fillings.
//
//   if (!seen.meet(hash)) seen.add(hash), ...   // new, as of the last turn()
//   seen.turn();                    // at the end of a window
//
// Says "seen" of 1 % at most of what has not been (2.5 % of it with both generations full), never
// the other way round before it is forgotten. Within a window the order of the items does not
// matter: they are found from the next turn() on. An item's bits lie in one cache line. Takes no
// memory before the first add(). Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/api/state.hpp"
#include "engine/base/prefetch.hpp"

namespace dnstorm::operators {

class SeenItems {
 public:
  static constexpr std::size_t bytes_of_line = 3 * 64;  // one in each filter
  SeenItems() = default;
  // `lines`: cache lines of 64 bytes of each of the three filters; rounded up to a power of two.
  explicit SeenItems(std::size_t lines);

  bool contains(std::uint64_t hash) const {
    if (current_.empty()) return false;
    return holds(current_, hash) || holds(previous_, hash);
  }
  // contains(), and what it finds is remembered for longer.
  bool meet(std::uint64_t hash) {
    if (current_.empty()) return false;
    if (holds(current_, hash)) return true;
    if (!holds(previous_, hash)) return false;
    add(hash);
    return true;
  }
  void prefetch(std::uint64_t hash) const {
    if (!current_.empty()) prefetch_line(&current_[line_of(hash)]);
  }
  void add(std::uint64_t hash) {
    if (added_.empty()) begin();
    Line& line = added_[line_of(hash)];
    auto add = [&](int i) {
      std::uint32_t at = bit(hash, i);
      line.words[at / 64] |= std::uint64_t{1} << (at % 64);
    };
    add(0), add(1), add(2), add(3);
    touched_ = true;
  }
  void turn();
  // Nothing has been added yet.
  bool empty() const { return current_.empty(); }

  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  struct alignas(64) Line {
    std::array<std::uint64_t, 8> words{};
  };
  using Filter = std::vector<Line>;
  void begin();

  std::size_t line_of(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash) & (lines_ - 1);
  }
  // Nine bits of the hash for each of an item's four bits; those above the line's.
  static std::uint32_t bit(std::uint64_t hash, int i) {
    return static_cast<std::uint32_t>(hash >> (28 + 9 * i)) & 511;
  }
  bool holds(const Filter& filter, std::uint64_t hash) const {
    const Line& line = filter[line_of(hash)];
    auto has = [&](int i) {
      std::uint32_t at = bit(hash, i);
      return (line.words[at / 64] >> (at % 64) & 1) != 0;
    };
    return has(0) && has(1) && has(2) && has(3);
  }

  std::size_t lines_ = 1;
  Filter current_, previous_;
  Filter added_;  // since the last turn()
  bool touched_ = false;
};

}  // namespace dnstorm::operators
