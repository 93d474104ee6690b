// How many rows a key has had, never too few: what decides which of millions of keys are worth a
// value of their own. A count-min sketch (Cormode, Muthukrishnan 2005) for each key group, so that
// its answers do not depend on the number of tasks; both counters of a key lie in one cache line.
// Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/api/state.hpp"
#include "engine/base/prefetch.hpp"

namespace dnstorm::operators {

class Admission {
 public:
  static constexpr std::uint32_t rows_max = 65535;  // counts stop there

  void prefetch(std::uint64_t hash) const { prefetch_line_to_write(&line(hash)); }
  // The rows of the key with these, at least one.
  std::uint32_t add(std::uint64_t hash, std::uint32_t rows = 1) {
    Line& line = this->line(hash);
    std::uint16_t& a = line[hash & 15];
    std::uint16_t& b = line[16 + (hash >> 4 & 15)];
    auto least = static_cast<std::uint16_t>(std::min(std::min(a, b) + rows, rows_max));
    // Only what is too low is raised: others' counts stay as exact as they can (conservative
    // update).
    a = std::max(a, least);
    b = std::max(b, least);
    return least;
  }
  void clear() { std::fill(lines_.begin(), lines_.end(), Line{}); }

  bool idle(std::uint32_t group) const {
    auto first = lines_.begin() + group * group_lines;
    return std::all_of(first, first + group_lines, [](const Line& line) { return line == Line{}; });
  }

  void save(std::uint32_t group, StateWriter& out) const {
    out.put_bytes({reinterpret_cast<const char*>(&lines_[group * group_lines]), group_bytes});
  }
  bool restore(std::uint32_t group, StateReader& in) {
    std::string_view bytes = in.get_bytes();
    if (bytes.size() != group_bytes) return false;
    std::memcpy(&lines_[group * group_lines], bytes.data(), group_bytes);
    return true;
  }

 private:
  static constexpr std::uint32_t group_lines = 32;
  using Line = std::array<std::uint16_t, 32>;
  static constexpr std::size_t group_bytes = group_lines * sizeof(Line);
  // The highest bits name the key group, those behind it the line.
  static std::size_t number(std::uint64_t hash) { return hash >> 52; }
  static_assert(std::uint64_t{key_groups} * group_lines == 1U << (64 - 52));
  Line& line(std::uint64_t hash) { return lines_[number(hash)]; }
  const Line& line(std::uint64_t hash) const { return lines_[number(hash)]; }
  std::vector<Line> lines_ = std::vector<Line>(key_groups * group_lines);
};

}  // namespace dnstorm::operators
