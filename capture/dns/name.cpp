#include "capture/dns/name.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstring>

#include "capture/dns/detail/name_walk.hpp"

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
    if (letters == LetterCase::lower && byte >= 'A' && byte <= 'Z') plain = static_cast<char>(byte + 32);
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

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes one character of a label's text off `text`, escapes resolved. Nothing where an escape is broken.
std::optional<std::uint8_t> take_character(std::string_view& text) {
  char c = text.front();
  text.remove_prefix(1);
  if (c != '\\') return static_cast<std::uint8_t>(c);
  if (text.empty()) return std::nullopt;
  if (!is_digit(text[0])) {
    c = text.front();
    text.remove_prefix(1);
    return static_cast<std::uint8_t>(c);
  }
  if (text.size() < 3 || !is_digit(text[1]) || !is_digit(text[2])) return std::nullopt;
  int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  text.remove_prefix(3);
  if (value > 255) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

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
  if (text == ".") return std::vector<std::uint8_t>{0};
  std::vector<std::uint8_t> wire{0};
  std::size_t label = 0;  // where the length byte of the open label is
  while (!text.empty()) {
    if (text.front() == '.') {
      text.remove_prefix(1);
      if (wire[label] == 0) return std::nullopt;
      label = wire.size();
      wire.push_back(0);
      continue;
    }
    std::optional<std::uint8_t> byte = take_character(text);
    if (!byte || wire[label] == max_label) return std::nullopt;
    wire.push_back(*byte);
    ++wire[label];
  }
  if (wire[label] != 0) wire.push_back(0);  // no dot at the end
  if (wire.size() > max_name_wire) return std::nullopt;
  return wire;
}

std::optional<std::string> normal_name(std::string_view text) {
  std::optional<std::vector<std::uint8_t>> wire = name_wire(text);
  if (!wire) return std::nullopt;
  return name_text(*wire, 0);
}

std::uint64_t name_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

}  // namespace dnstorm::capture::dns
