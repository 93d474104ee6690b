// The counts of one dataset in one window, by two codes. Rows of small first codes are arrays over
// the second code; the rest lies in one hash table. clear() keeps the memory of the arrays. Used by
// one task; not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

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

  void add(std::uint32_t first, std::uint32_t second) {
    if (dense_ && first < rows_max) [[likely]] {
      if (first >= rows_.size()) [[unlikely]]
        rows_.resize(first + 1);
      std::vector<std::uint64_t>& row = rows_[first];
      if (second >= row.size()) [[unlikely]]
        row.resize(std::max<std::size_t>(second + 1, row.size() * 2));
      ++row[second];
      return;
    }
    ++sparse_[std::uint64_t{first} << 32 | second];
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
  static constexpr std::uint32_t rows_max = 256;
  bool dense_;
  std::vector<std::vector<std::uint64_t>> rows_;
  std::unordered_map<std::uint64_t, std::uint64_t> sparse_;
};

}  // namespace dnstorm::operators
