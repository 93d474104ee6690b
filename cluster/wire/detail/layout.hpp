// The layout that encode() and decode() share: a prefix, then the body (packed by zstd or not).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/api/schema.hpp"

namespace dnstorm::cluster::detail {

enum class Kind : std::uint8_t { event = 1, credit = 2, acks = 3 };

// version, kind, flags, reserved | bytes of the body before it was packed
inline constexpr std::size_t prefix_size = 8;
inline constexpr std::uint8_t flag_packed = 1;

// Of the body of an event: its length first, so that newer versions may add to it.
inline constexpr std::uint8_t event_closes = 1;
inline constexpr std::uint8_t event_last = 2;
inline constexpr std::uint8_t event_idle = 4;
inline constexpr std::uint8_t event_batch = 8;
inline constexpr std::uint8_t event_anchor = 16;
// length, flags, reserved | to, edge, origin, input | round, checkpoint, watermark, ages | rows,
// row size, arena bytes, trees
inline constexpr std::size_t event_size = 4 + 4 * 4 + 5 * 8 + 4 * 4;
inline constexpr std::size_t tree_size = 4 + 3 * 8;
inline constexpr std::size_t ack_item_size = 8 + 8 + 1;
inline constexpr std::int64_t no_age = INT64_MIN;

// Where a schema's rows have cells of variable length: both kinds begin with offset and size.
inline std::vector<std::uint32_t> cells_of(const Schema& schema) {
  std::vector<std::uint32_t> cells;
  for (std::size_t i = 0; i < schema.size(); ++i)
    if (schema.field(i).type == Type::str || schema.field(i).type == Type::bytes)
      cells.push_back(schema.offset(i));
  return cells;
}

}  // namespace dnstorm::cluster::detail
