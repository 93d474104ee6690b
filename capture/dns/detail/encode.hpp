// Octets and times as text, in the ways zone files write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dnstorm::capture::dns::detail {

// RFC 4034 3.2: "20240131235959", UTC, for seconds since 1970.
std::string signature_time(std::uint32_t seconds);
// In double quotes; `"` and `\` with a backslash, other bytes outside 0x20..0x7e as \DDD.
std::string quoted(std::string_view bytes);
// The same without the quotes, nothing but \DDD escaped: for people, not for a zone file.
std::string printable(std::string_view bytes);

}  // namespace dnstorm::capture::dns::detail
