// The counts of one dataset in one window, by two codes. Rows of small first codes are arrays over
// the second code; the rest lies in one hash table. clear() keeps the memory of the arrays. Used by
// one task; not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "operators/dsc/indexers.hpp"

namespace dnstorm::operators {

class DscMatrix {
 public:
  struct Cell {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    std::uint64_t count = 0;
  };

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
    if (!dense_ || first_most >= rows_max || second_most == dsc_no_code) {
      for (std::uint8_t place : places)
        if (first[place] != dsc_no_code && second[place] != dsc_no_code)
          add(first[place], second[place]);
      return;
    }
    if (first_most >= rows_.size()) rows_.resize(first_most + 1);
    if (first_most == 0) {
      std::vector<std::uint64_t>& row = row_with(rows_[0], second_most);
      if (second_most < few) return add_few(places, second, second_most, row.data());
      for (std::uint8_t place : places) ++row[second[place]];
      return;
    }
    for (std::uint8_t place : places) {
      std::vector<std::uint64_t>& row = rows_[first[place]];
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
    ++row_with(rows_[first], second)[second];
  }

  // All cells that are not 0, by their codes.
  std::vector<Cell> cells() const {
    std::vector<Cell> all;
    for (std::uint32_t first = 0; first < rows_.size(); ++first)
      for (std::uint32_t second = 0; second < rows_[first].size(); ++second)
        if (rows_[first][second] != 0) all.push_back({first, second, rows_[first][second]});
    std::size_t dense = all.size();
    for (const auto& [key, count] : sparse_)
      all.push_back(
          {static_cast<std::uint32_t>(key >> 32), static_cast<std::uint32_t>(key), count});
    std::sort(all.begin() + static_cast<std::ptrdiff_t>(dense), all.end(),
              [](const Cell& a, const Cell& b) {
                return a.first != b.first ? a.first < b.first : a.second < b.second;
              });
    return all;
  }

  void clear() {
    for (auto& row : rows_) std::fill(row.begin(), row.end(), 0);
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

  static constexpr std::uint32_t rows_max = 256;
  static constexpr std::uint32_t few = 16;
  bool dense_;
  std::vector<std::vector<std::uint64_t>> rows_;
  std::unordered_map<std::uint64_t, std::uint64_t> sparse_;
};

}  // namespace dnstorm::operators
