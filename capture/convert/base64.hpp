// Base64 (RFC 4648 4). Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dnstorm::capture::convert {

// Appends.
void put_base64(std::span<const std::uint8_t> bytes, std::string& out);
// Replaces what `out` held; false where the text is no base64 with its padding.
bool take_base64(std::string_view text, std::vector<std::uint8_t>& out);

}  // namespace dnstorm::capture::convert
