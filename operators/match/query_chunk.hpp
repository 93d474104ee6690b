// 64 messages of one key group in the order in which they came: the unit in which a QueryLog takes
// memory, forgets and saves.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "operators/match/open_query.hpp"

namespace dnstorm::operators {

struct QueryChunk {
  static constexpr std::uint32_t size = 64;
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  std::array<OpenQuery, size> queries;
  std::array<std::uint64_t, size> hashes{};
  std::uint64_t waiting = 0;   // a bit each
  std::uint64_t answered = 0;  // those that are neither have ended
  std::uint32_t count = 0;
  std::uint32_t next = none, prev = none;  // chunks of the same group
  TimeNs due = time_max;  // nothing is to be done earlier in this chunk or a later one
  TimeNs last_deadline = time_min;
  std::array<std::uint32_t, size> name_ends{};  // used if names are kept
  std::string names;

  std::string_view name(std::uint32_t place) const {
    std::uint32_t from = place == 0 ? 0 : name_ends[place - 1];
    return std::string_view(names).substr(from, name_ends[place] - from);
  }
  void clear() {
    waiting = answered = 0;
    count = 0;
    next = prev = none;
    due = time_max;
    last_deadline = time_min;
    std::string().swap(names);
  }
};

}  // namespace dnstorm::operators
