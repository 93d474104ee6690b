// A Bloom filter that never fills up: before an item enters, some cells elsewhere lose one of three
// lives (Deng, Rafiei: Approximately detecting duplicates for streaming data using stable Bloom
// filters, SIGMOD 2006). So what is not met again is forgotten in the end, and the share of unknown
// items that are taken for known ones rises to a limit and stays there.
//
//   if (!filter.meet(hash)) ...   // not known; true: known, and for longer from now on
//   filter.add(hash);
//
// With 4 cells an item, 3 lives, and 32 cells that lose one for each item: 1 % errors. Half of the
// items that are not met again are forgotten after as many others as a 24th of the cells. A cell
// takes two bits, an item's lie in one cache line, and those that lose a life in one word. meet()
// only ever gives lives, so its order does not matter. Takes no memory before the first add(). Not
// thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/state.hpp"
#include "engine/base/prefetch.hpp"

namespace dnstorm::operators {

class StableBloom {
 public:
  static constexpr std::size_t line_bytes = 64;
  // `lines`: a power of two.
  explicit StableBloom(std::size_t lines);

  void prefetch(std::uint64_t hash) const {
    if (!words_.empty()) prefetch_line(&words_[(hash_number(hash) & (lines_ - 1)) * words_of_line]);
  }
  bool meet(std::uint64_t hash);
  void add(std::uint64_t hash);
  bool empty() const { return words_.empty(); }

  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  static constexpr std::size_t words_of_line = 8;
  static constexpr std::size_t cells_of_word = 32;
  static constexpr int cells_of_item = 4;
  struct Cell {
    std::size_t word;
    int shift;
  };
  std::array<Cell, cells_of_item> cells(std::uint64_t mixed) const;
  void give_lives(const std::array<Cell, cells_of_item>& cells);

  std::size_t lines_;
  std::vector<std::uint64_t> words_;
};

}  // namespace dnstorm::operators
