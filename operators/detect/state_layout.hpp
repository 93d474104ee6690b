// Tells a new layout of a state from the one before, which began otherwise: a number that is
// neither a count nor a time of this millennium goes in front.
//
//   put_layout(out, 1); ...
//   std::uint32_t layout = get_layout(in);   // 0: the old one, of which nothing has been read
#pragma once

#include <cstdint>

#include "engine/api/state.hpp"

namespace dnstorm::operators {

inline constexpr std::uint64_t layout_mark = 0xec61'796f'7574'0000;

inline void put_layout(StateWriter& out, std::uint16_t number) { out.put(layout_mark | number); }

inline std::uint32_t get_layout(StateReader& in) {
  StateReader ahead = in;
  std::uint64_t number = ahead.get<std::uint64_t>() ^ layout_mark;
  if (!ahead.ok() || number > 0xffff) return 0;
  in = ahead;
  return static_cast<std::uint32_t>(number);
}

}  // namespace dnstorm::operators
