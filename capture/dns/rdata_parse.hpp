// Rdata out of presentation text: the reverse of rdata_text(). Types of RFC 1035, 2782, 4034, 5155,
// 6698, 8659, 9460 and the like, and any type in the form of RFC 3597 ("\# 4 c0000201").
// Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace dnstorm::capture::dns {

// Appends the data in wire form, names without compression. False where the text has not the form
// of the type, or the type has no form of its own here; `out` then holds part of it.
bool parse_rdata(std::uint16_t type, std::string_view text, std::vector<std::uint8_t>& out);

}  // namespace dnstorm::capture::dns
