// The walk over a name in wire form, inline for parse(); name.hpp has the contract.
#pragma once

#include "capture/dns/name.hpp"
#include "engine/base/cursor.hpp"

namespace dnstorm::capture::dns::detail {

inline constexpr std::uint8_t pointer_mark = 0xc0;  // both upper bits of a length byte

inline std::size_t pointer_target(const std::uint8_t* at) { return load_be16(at) & 0x3fff; }

// Goes through the labels of a name, calling label(offset of its length byte, length) for each.
template <class OnLabel>
inline ParseError walk_labels(std::span<const std::uint8_t> wire, std::size_t at, NameShape& out,
                              OnLabel&& label) {
  std::size_t part = at;  // where the part begins that is being read: pointers must go before it
  std::size_t length = 1;
  std::size_t pointers = 0;
  std::uint8_t labels = 0;
  for (;;) {
    if (at >= wire.size()) [[unlikely]]
      return ParseError::truncated_name;
    std::uint8_t n = wire[at];
    if (n == 0) break;
    if (n <= max_label) {
      length += n + std::size_t{1};
      if (length > max_name_wire) [[unlikely]]
        return ParseError::name_too_long;
      if (wire.size() - at <= n) [[unlikely]]
        return ParseError::truncated_name;
      label(at, n);
      ++labels;
      at += n + std::size_t{1};
      continue;
    }
    if (n < pointer_mark) return ParseError::label_too_long;
    if (wire.size() - at < 2) return ParseError::truncated_name;
    std::size_t target = pointer_target(&wire[at]);
    if (target >= part) return ParseError::pointer_forward;
    if (++pointers == 1) out.end = at + 2;
    if (pointers > max_name_pointers) return ParseError::too_many_pointers;
    part = at = target;
  }
  if (pointers == 0) out.end = at + 1;
  out.wire_length = static_cast<std::uint16_t>(length);
  out.labels = labels;
  return ParseError::none;
}

}  // namespace dnstorm::capture::dns::detail
