// Points in time as people write them.
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/time.hpp"

namespace dnstorm {

// "2026-11-21T19:19:17.123Z" or with an offset such as +01:00 (RFC 3339; without either it is UTC),
// "2026-11-21", or seconds since 1970 such as 1764000000.5. Nothing for anything else.
std::optional<TimeNs> parse_time(std::string_view text);

}  // namespace dnstorm
