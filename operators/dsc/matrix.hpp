// The counts of one dataset in one window, by two codes. Rows of small first codes are arrays over
// the second code, which from `near` on grow by segments: numbers of addresses may go into the
// millions. The rest lies in one hash table. clear() keeps the memory of what is near. Used by one
// task; not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "operators/dsc/indexers.hpp"

namespace dnstorm::operators {

class DscMatrix {
 public:
  // `dense`: the first code is a number of a message, so that few rows are used and those have most
  // of the cells; not the number of an address or a text, of which there may be a million.
  explicit DscMatrix(bool dense) : dense_(dense) {}

  // Counts the messages at these places; those for which a dimension has no code are left out.
  void add(std::span<const std::uint8_t> places, const std::uint32_t* first,
           const std::uint32_t* second) {
    // One look at the codes of all, so that what counts needs none.
    std::uint32_t first_most = 0;
    std::uint32_t second_most = 0;
    for (std::uint8_t place : places) {
      first_most = std::max(first_most, first[place]);
      second_most = std::max(second_most, second[place]);
    }
    if (!dense_ || first_most >= rows_max || second_most >= near) {
      for (std::uint8_t place : places)
        if (first[place] != dsc_no_code && second[place] != dsc_no_code)
          add(first[place], second[place]);
      return;
    }
    if (first_most >= rows_.size()) rows_.resize(first_most + 1);
    if (first_most == 0) {
      std::vector<std::uint64_t>& row = row_with(rows_[0].cells, second_most);
      if (second_most < few) return add_few(places, second, second_most, row.data());
      for (std::uint8_t place : places) ++row[second[place]];
      return;
    }
    for (std::uint8_t place : places) {
      std::vector<std::uint64_t>& row = rows_[first[place]].cells;
      if (second[place] >= row.size()) [[unlikely]]
        row_with(row, second[place]);
      ++row[second[place]];
    }
  }

  void add(std::uint32_t first, std::uint32_t second) {
    if (!dense_ || first >= rows_max) {
      ++sparse_[std::uint64_t{first} << 32 | second];
      return;
    }
    if (first >= rows_.size()) rows_.resize(first + 1);
    Row& row = rows_[first];
    if (second < near) {
      ++row_with(row.cells, second)[second];
      return;
    }
    std::size_t segment = second / near - 1;
    if (segment >= row.more.size()) row.more.resize(segment + 1);
    if (!row.more[segment]) row.more[segment] = std::make_unique<std::uint64_t[]>(near);
    ++row.more[segment][second % near];
  }

  // use(first code, each) for every first code that has cells, in ascending order; each(cell) calls
  // cell(second code, count) for those that are not 0, in ascending order.
  template <class Use>
  void each_row(Use&& use) const {
    for (std::uint32_t first = 0; first < rows_.size(); ++first)
      if (!rows_[first].empty()) use(first, [&](auto&& cell) { rows_[first].each(cell); });
    std::vector<std::pair<std::uint64_t, std::uint64_t>> rest(sparse_.begin(), sparse_.end());
    std::sort(rest.begin(), rest.end());
    for (std::size_t from = 0, to = 0; from < rest.size(); from = to) {
      while (to < rest.size() && rest[to].first >> 32 == rest[from].first >> 32) ++to;
      use(static_cast<std::uint32_t>(rest[from].first >> 32), [&](auto&& cell) {
        for (std::size_t i = from; i < to; ++i)
          cell(static_cast<std::uint32_t>(rest[i].first), rest[i].second);
      });
    }
  }

  void clear() {
    for (Row& row : rows_) {
      std::fill(row.cells.begin(), row.cells.end(), 0);
      row.more.clear();
    }
    sparse_.clear();
  }

 private:
  // Most messages have the same few codes; counted in one cell, each would wait for the one before.
  static void add_few(std::span<const std::uint8_t> places, const std::uint32_t* codes,
                      std::uint32_t most, std::uint64_t* row) {
    constexpr std::size_t ways = 4;
    std::array<std::array<std::uint32_t, few>, ways> counts{};
    std::size_t at = 0;
    for (; at + ways <= places.size(); at += ways)
      for (std::size_t way = 0; way < ways; ++way) ++counts[way][codes[places[at + way]]];
    for (; at < places.size(); ++at) ++counts[0][codes[places[at]]];
    for (std::uint32_t code = 0; code <= most; ++code)
      for (const auto& way : counts) row[code] += way[code];
  }
  static std::vector<std::uint64_t>& row_with(std::vector<std::uint64_t>& row, std::uint32_t code) {
    if (code >= row.size()) row.resize(std::max<std::size_t>(code + 1, row.size() * 2));
    return row;
  }

  static constexpr std::uint32_t near = 1 << 16;
  struct Row {
    std::vector<std::uint64_t> cells;                    // of codes below `near`
    std::vector<std::unique_ptr<std::uint64_t[]>> more;  // `near` each; null: none is counted

    template <class Use>
    void each(Use&& use) const {
      auto all = [&](const std::uint64_t* counts, std::size_t size, std::size_t from) {
        for (std::size_t i = 0; i < size; ++i)
          if (counts[i] != 0) use(static_cast<std::uint32_t>(from + i), counts[i]);
      };
      all(cells.data(), cells.size(), 0);
      for (std::size_t i = 0; i < more.size(); ++i)
        if (more[i]) all(more[i].get(), near, (i + 1) * near);
    }
    bool empty() const {
      return more.empty() &&
             std::all_of(cells.begin(), cells.end(), [](std::uint64_t n) { return n == 0; });
    }
  };

  static constexpr std::uint32_t rows_max = 256;
  static constexpr std::uint32_t few = 16;
  bool dense_;
  std::vector<Row> rows_;
  std::unordered_map<std::uint64_t, std::uint64_t> sparse_;
};

}  // namespace dnstorm::operators
