// The fast way from a question's name to lower-case text: sixteen bytes at a time, for names of
// letters, digits, '-', '_' and '/', which is nearly all of them. Inline for parse().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "capture/dns/name.hpp"

namespace dnstorm::capture::dns::detail {

// GCC and clang turn operations on this type into SSE2 or NEON, and into plain code elsewhere.
using Bytes16 = std::uint8_t __attribute__((vector_size(16)));

// Lower-cases `size` bytes in place, 16 at a time (up to 15 bytes behind them are touched), and tells
// whether all of them are of the plain kind.
inline bool lower_plain(char* text, std::size_t size) {
  Bytes16 bad{};
  for (std::size_t i = 0; i < size; i += 16) {
    Bytes16 x;
    std::memcpy(&x, text + i, 16);
    auto upper = reinterpret_cast<Bytes16>((x - 'A') < 26);
    x |= upper & 0x20;
    auto plain = reinterpret_cast<Bytes16>(((x - 'a') < 26) | ((x - '/') < 11) | (x == '-') | (x == '_'));
    bad |= ~plain;
    std::memcpy(text + i, &x, 16);
  }
  std::uint64_t halves[2];
  std::memcpy(halves, &bad, 16);
  return (halves[0] | halves[1]) == 0;
}

// What read_plain_name() found; `labels` is 0 where the name has to go the careful way.
struct PlainName {
  std::size_t end = 0;  // offset of the first byte after the name
  std::size_t text_length = 0;
  std::uint8_t labels = 0;
};

// Reads the uncompressed name at `at` into `text`. Any name that is not plain, compressed, the root
// or malformed is left to write_name(), which tells them apart.
inline PlainName read_plain_name(const std::uint8_t* wire, std::size_t size, std::size_t at,
                                 std::array<char, max_name_text>& text) {
  const std::size_t begin = at;
  std::uint8_t dots[128];  // offsets of the length bytes within the name
  std::uint8_t labels = 0;
  for (;;) {
    if (at >= size) return {};
    std::uint8_t n = wire[at];
    if (n == 0) break;
    dots[labels++] = static_cast<std::uint8_t>(at - begin);
    at += n + std::size_t{1};
    if (n > max_label || at - begin > max_name_wire - 1) return {};
  }
  if (labels == 0) return {};
  std::size_t length = at - begin;
  std::memcpy(text.data(), wire + begin + 1, length - 1);
  std::memset(text.data() + length - 1, 'a', 16);
  for (std::uint8_t i = 1; i < labels; ++i) text[dots[i] - 1u] = '-';
  if (!lower_plain(text.data(), length - 1)) return {};
  for (std::uint8_t i = 1; i < labels; ++i) text[dots[i] - 1u] = '.';
  return {at + 1, length - 1, labels};
}

}  // namespace dnstorm::capture::dns::detail
