#include "capture/dns/base_encodings.hpp"

#include <array>
#include <numeric>

namespace dnstorm::capture::dns {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t no_digit = 0xff, blank = 0xfe;

struct Alphabet {
  std::string_view digits;
  unsigned bits;                         // of a digit
  std::array<std::uint8_t, 256> values;  // by character
};

constexpr Alphabet make_alphabet(std::string_view digits, unsigned bits) {
  Alphabet alphabet{digits, bits, {}};
  alphabet.values.fill(no_digit);
  alphabet.values[' '] = alphabet.values['\t'] = blank;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    auto digit = static_cast<unsigned char>(digits[i]);
    alphabet.values[digit] = static_cast<std::uint8_t>(i);
    // Of the letters of the other case, base 64 has digits of their own.
    if (bits < 6 && digit >= 'A') alphabet.values[digit ^ 0x20U] = static_cast<std::uint8_t>(i);
  }
  return alphabet;
}

constexpr Alphabet hex_digits = make_alphabet("0123456789abcdef", 4);
constexpr Alphabet base32hex_digits = make_alphabet("0123456789ABCDEFGHIJKLMNOPQRSTUV", 5);
constexpr Alphabet base64_digits =
    make_alphabet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6);

// Regroups bytes into digits, the last one filled up with zero bits.
template <const Alphabet& alphabet>
void put(std::span<const std::uint8_t> bytes, std::string& out) {
  constexpr unsigned bits = alphabet.bits;
  std::size_t at = out.size();
  out.resize(at + (bytes.size() * 8 + bits - 1) / bits);
  unsigned held = 0, count = 0;
  for (std::uint8_t byte : bytes) {
    held = held << 8U | byte;
    for (count += 8; count >= bits; count -= bits)
      out[at++] = alphabet.digits[held >> (count - bits) & ((1U << bits) - 1)];
  }
  if (count > 0) out[at] = alphabet.digits[held << (bits - count) & ((1U << bits) - 1)];
}

// Whole groups without blanks or padding, which is all but the end of most texts: the bytes they
// give, and how many characters were taken.
template <const Alphabet& alphabet>
std::size_t take_groups(std::string_view text, std::uint8_t*& to) {
  constexpr std::size_t digits = 8 / std::gcd(8U, alphabet.bits);
  constexpr std::size_t octets = digits * alphabet.bits / 8;
  std::size_t at = 0;
  for (; at + digits <= text.size(); at += digits, to += octets) {
    std::uint64_t group = 0;
    std::uint8_t any = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      std::uint8_t value = alphabet.values[static_cast<unsigned char>(text[at + i])];
      any |= value;
      group = group << alphabet.bits | value;
    }
    if (any >= blank) break;
    for (std::size_t i = 0; i < octets; ++i)
      to[i] = static_cast<std::uint8_t>(group >> 8 * (octets - 1 - i));
  }
  return at;
}

enum class Form : std::uint8_t { loose, padded };

// Behind `to`, which has room; false where the text is not of the form.
template <const Alphabet& alphabet>
bool take_digits(std::string_view text, Form form, std::uint8_t*& to) {
  constexpr unsigned bits = alphabet.bits, group = 8 / std::gcd(8U, bits);
  std::size_t whole = take_groups<alphabet>(text, to), digits = whole, padding = 0;
  std::uint32_t kept = 0;
  unsigned held = 0;
  for (char c : text.substr(whole)) {
    std::uint8_t value = alphabet.values[static_cast<unsigned char>(c)];
    if (value == blank && form == Form::loose) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    if (value >= blank || padding != 0) return false;
    ++digits;
    kept = kept << bits | value;
    if ((held += bits) < 8) continue;
    held -= 8;
    *to++ = static_cast<std::uint8_t>(kept >> held);
  }
  // What is left over is less than a digit: filler.
  if (held >= bits) return false;
  if (padding == 0 && form == Form::loose) return true;
  return padding < group && (digits + padding) % group == 0;
}

template <const Alphabet& alphabet>
bool take(std::string_view text, Form form, Bytes& out) {
  std::size_t before = out.size();
  out.resize(before + text.size() * alphabet.bits / 8);
  std::uint8_t* to = out.data() + before;
  bool good = take_digits<alphabet>(text, form, to);
  out.resize(good ? static_cast<std::size_t>(to - out.data()) : before);
  return good;
}

}  // namespace

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  put<hex_digits>(bytes, text);
  return text;
}

std::string base32hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  put<base32hex_digits>(bytes, text);
  return text;
}

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text;
  put_base64(bytes, text);
  return text;
}

void put_base64(std::span<const std::uint8_t> bytes, std::string& out) {
  put<base64_digits>(bytes, out);
  out.append((3 - bytes.size() % 3) % 3, '=');
}

bool take_hex(std::string_view text, Bytes& out) {
  return take<hex_digits>(text, Form::loose, out);
}
bool take_base32hex(std::string_view text, Bytes& out) {
  return take<base32hex_digits>(text, Form::loose, out);
}
bool take_base64(std::string_view text, Bytes& out) {
  return take<base64_digits>(text, Form::loose, out);
}
bool take_padded_base64(std::string_view text, Bytes& out) {
  return take<base64_digits>(text, Form::padded, out);
}

}  // namespace dnstorm::capture::dns
