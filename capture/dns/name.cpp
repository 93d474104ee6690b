#include "capture/dns/name.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstring>

#include "capture/dns/detail/name_walk.hpp"
#include "capture/dns/writer.hpp"

namespace dnstorm::capture::dns {
namespace {

// The text of one byte of a label: always four characters written, `length` of them meant.
struct ByteText {
  char text[4];
  std::uint8_t length;
};
using ByteTexts = std::array<ByteText, 256>;

constexpr bool needs_backslash(unsigned byte) {
  for (char c : {'"', '(', ')', '.', ';', '\\', '@', '$'})
    if (byte == static_cast<unsigned char>(c)) return true;
  return false;
}

constexpr ByteTexts make_byte_texts(LetterCase letters) {
  ByteTexts texts{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    char plain = static_cast<char>(byte);
    auto digit = [byte](unsigned unit) { return static_cast<char>('0' + byte / unit % 10); };
    if (letters == LetterCase::lower && byte >= 'A' && byte <= 'Z')
      plain = static_cast<char>(byte + 32);
    if (byte < 0x21 || byte > 0x7e)
      texts[byte] = {{'\\', digit(100), digit(10), digit(1)}, 4};
    else if (needs_backslash(byte))
      texts[byte] = {{'\\', plain, 0, 0}, 2};
    else
      texts[byte] = {{plain, 0, 0, 0}, 1};
  }
  return texts;
}

constexpr ByteTexts texts_lower = make_byte_texts(LetterCase::lower);
constexpr ByteTexts texts_keep = make_byte_texts(LetterCase::keep);

}  // namespace

ParseError walk_name(std::span<const std::uint8_t> wire, std::size_t offset, NameShape& out) {
  return detail::walk_labels(wire, offset, out, [](std::size_t, std::uint8_t) {});
}

ParseError write_name(std::span<const std::uint8_t> wire, std::size_t offset, LetterCase letters,
                      char* out, std::size_t& length) {
  const ByteTexts& texts = letters == LetterCase::lower ? texts_lower : texts_keep;
  char* at = out;
  auto write_label = [&](std::size_t label, std::uint8_t size) {
    for (std::size_t i = 1; i <= size; ++i) {
      const ByteText& text = texts[wire[label + i]];
      std::memcpy(at, text.text, 4);
      at += text.length;
    }
    *at++ = '.';
  };
  NameShape shape;
  ParseError error = detail::walk_labels(wire, offset, shape, write_label);
  if (error != ParseError::none) return error;
  if (shape.labels == 0) *at++ = '.';
  length = static_cast<std::size_t>(at - out) - (shape.labels == 0 ? 0 : 1);
  return ParseError::none;
}

std::string name_text(std::span<const std::uint8_t> wire, std::size_t offset, LetterCase letters) {
  std::array<char, max_name_text> text;
  std::size_t length = 0;
  if (write_name(wire, offset, letters, text.data(), length) != ParseError::none) return {};
  return {text.data(), length};
}

std::optional<std::vector<std::uint8_t>> name_wire(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::optional<EncodedName> name = encode_name(text);
  if (!name) return std::nullopt;
  return std::vector<std::uint8_t>(name->bytes.begin(), name->bytes.begin() + name->size);
}

std::optional<std::string> normal_name(std::string_view text) {
  std::optional<std::vector<std::uint8_t>> wire = name_wire(text);
  if (!wire) return std::nullopt;
  return name_text(*wire, 0);
}

std::uint64_t name_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

}  // namespace dnstorm::capture::dns
