// The fast way from a question's name to lower-case text: sixteen bytes at a time, for names of
// letters, digits, '-', '_' and '/', which is nearly all of them. Inline for parse().
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "capture/dns/name.hpp"

namespace dnstorm::capture::dns::detail {

// GCC and clang turn operations on this type into SSE2 or NEON, and into plain code elsewhere.
using Bytes16 = std::uint8_t __attribute__((vector_size(16)));

inline Bytes16 load_bytes16(const void* at) {
  Bytes16 bytes;
  std::memcpy(&bytes, at, 16);
  return bytes;
}

// Sixteen times 0, sixteen times 0xff: read at `n`, the last n bytes of sixteen are 0xff.
alignas(16) inline constexpr auto last_n_table = [] {
  std::array<std::uint8_t, 32> table{};
  std::fill(table.begin() + 16, table.end(), std::uint8_t{0xff});
  return table;
}();

// Lower-cases sixteen bytes of a name from `from` to `to`. What is not plain becomes a dot, and the
// last `n` bytes' dots are added to `dots`, lane by lane.
inline void lower_chunk(const std::uint8_t* from, char* to, std::size_t n, Bytes16& dots) {
  Bytes16 x = load_bytes16(from);
  auto upper = reinterpret_cast<Bytes16>((x - 'A') < 26);
  x |= upper & 0x20;
  auto plain =
      reinterpret_cast<Bytes16>(((x - 'a') < 26) | ((x - '/') < 11) | (x == '-') | (x == '_'));
  x = (x & plain) | (~plain & '.');
  std::memcpy(to, &x, 16);
  dots -= ~plain & load_bytes16(last_n_table.data() + n);
}

inline std::size_t sum(Bytes16 lanes) {
  std::uint64_t halves[2];
  std::memcpy(halves, &lanes, 16);
  // No lane is above 16, so neither the lanes of the sum nor its total overflow a byte.
  return (halves[0] + halves[1]) * 0x0101010101010101u >> 56;
}

// `labels` is 0 where the name has to go the careful way.
struct PlainName {
  std::size_t end = 0;  // offset of the first byte after the name
  std::size_t text_length = 0;
  std::size_t labels = 0;
};

// The shape of the uncompressed name at `at`. A name with a pointer or a label of 45 bytes and
// more, one that runs past the end or is too long, and the root are left to walk_name(), which
// tells them apart.
[[gnu::always_inline]] inline PlainName plain_name(const std::uint8_t* wire, std::size_t size,
                                                   std::size_t at) {
  const std::size_t begin = at;
  const std::size_t limit = std::min(size, begin + max_name_wire);
  std::size_t labels = 0;
  for (;;) {
    if (at >= limit) return {0, 0, 0};
    std::size_t n = wire[at];
    if (n == 0) break;
    if (n >= '-') return {0, 0, 0};
    at += n + 1;
    ++labels;
  }
  return {at + 1, at - begin - 1, labels};
}

// Reads the uncompressed name at `at` (12 or more) and writes its text to `text`; sixteen bytes in
// front of `text` are written, too. Any name that is not plain, compressed, the root, very short or
// malformed is left to write_name(), which tells them apart.
//
// The trick: the length byte of a label shorter than 45 is no plain character either, so turning
// everything that is not plain into dots makes the text, and it is right if there are as many dots
// as there are labels after the first.
[[gnu::always_inline]] inline PlainName read_plain_name(const std::uint8_t* wire, std::size_t size,
                                                        std::size_t at, char* text) {
  const PlainName plain = plain_name(wire, size, at);
  // The last chunk is read backwards from the name's end, which the header in front makes safe.
  const std::size_t length = plain.text_length;
  if (plain.labels == 0 || length < 3) return {0, 0, 0};
  const std::uint8_t* from = wire + at + 1;
  Bytes16 dots{};
  std::size_t done = 0;
  for (; length - done > 16; done += 16) lower_chunk(from + done, text + done, 16, dots);
  lower_chunk(from + length - 16, text + length - 16, length - done, dots);
  if (sum(dots) + 1 != plain.labels) return {0, 0, 0};
  return plain;
}

}  // namespace dnstorm::capture::dns::detail
