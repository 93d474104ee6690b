// Bytes as digits and back (RFC 4648): hex, base 32 with the "extended hex" alphabet, base 64.
//
// Pure functions, thread-safe. What takes digits appends to `out`, and leaves it as it was where
// the text is not of the form: false.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dnstorm::capture::dns {

std::string hex(std::span<const std::uint8_t> bytes);  // lower case
std::string base32hex(
    std::span<const std::uint8_t> bytes);                 // upper case, no padding (RFC 5155 3.3)
std::string base64(std::span<const std::uint8_t> bytes);  // padded
// Appends.
void put_base64(std::span<const std::uint8_t> bytes, std::string& out);

// As zone files write them: letters of hex and base 32 in either case, blanks anywhere, padding to
// a whole group or none.
bool take_hex(std::string_view text, std::vector<std::uint8_t>& out);
bool take_base32hex(std::string_view text, std::vector<std::uint8_t>& out);
bool take_base64(std::string_view text, std::vector<std::uint8_t>& out);
// Digits and their padding, and nothing else.
bool take_padded_base64(std::string_view text, std::vector<std::uint8_t>& out);

}  // namespace dnstorm::capture::dns
