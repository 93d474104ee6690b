// Domain names: wire form (RFC 1035 3.1, 4.1.4) and text.
//
// The text form used everywhere in dnstorm: labels joined by dots, no dot at the end, the root is
// ".". Within a label `"().;\@$` carry a backslash, and bytes outside 0x21..0x7e are written \DDD,
// as BIND and dig do (RFC 1035 5.1). Lower case (A to Z only, RFC 4343) wherever names are
// compared. Functions read nothing outside the message and are thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/dns/parse_error.hpp"

namespace dnstorm::capture::dns {

inline constexpr std::size_t max_name_wire = 255;
inline constexpr std::size_t max_label = 63;
inline constexpr std::size_t max_name_pointers = 127;
// 255 bytes of wire are at most 250 bytes in labels; each is at most four characters of text.
inline constexpr std::size_t max_name_text = 1024;

enum class LetterCase : std::uint8_t { lower, keep };

// What walking over a name found.
struct NameShape {
  std::size_t end = 0;            // offset of the first byte after the name, in place
  std::uint16_t wire_length = 0;  // uncompressed, with the root's zero byte: 1 to 255
  std::uint8_t labels = 0;        // without the root
};

// Validates the name at `offset`, following compression pointers; each must point before the part
// of the name that it ends, so the walk is bounded.
ParseError walk_name(std::span<const std::uint8_t> wire, std::size_t offset, NameShape& out);

// Writes the text of a name into `out`, which has room for max_name_text, and its length into
// `length`. The name may be any bytes: the same checks as in walk_name() are made.
ParseError write_name(std::span<const std::uint8_t> wire, std::size_t offset, LetterCase letters,
                      char* out, std::size_t& length);

// The text of a name; empty when it is malformed (the root is ".").
std::string name_text(std::span<const std::uint8_t> wire, std::size_t offset,
                      LetterCase letters = LetterCase::lower);

// Text to uncompressed wire form, escapes understood, dot at the end optional. Nothing when a label
// or the name is too long, a label is empty or an escape is broken.
std::optional<std::vector<std::uint8_t>> name_wire(std::string_view text);

// Brings a name that a person wrote into the text form above, lower case.
std::optional<std::string> normal_name(std::string_view text);

// xxh3 of the text form: the same number that Message::qname_hash holds.
std::uint64_t name_hash(std::string_view text);

}  // namespace dnstorm::capture::dns
