#include "capture/dns/detail/encode.hpp"

#include <fmt/format.h>

#include <ctime>

namespace dnstorm::capture::dns::detail {
namespace {

// Regroups bytes into digits of `bits` bits, the last one filled up with zero bits.
std::string in_digits(std::span<const std::uint8_t> bytes, unsigned bits, const char* alphabet) {
  std::string text;
  unsigned held = 0, count = 0;
  for (std::uint8_t byte : bytes) {
    held = (held << 8 | byte) & 0xffff;
    for (count += 8; count >= bits; count -= bits)
      text += alphabet[held >> (count - bits) & ((1u << bits) - 1)];
  }
  if (count > 0) text += alphabet[held << (bits - count) & ((1u << bits) - 1)];
  return text;
}

std::string escaped(std::string_view bytes, std::string_view with_backslash) {
  std::string text;
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e) {
      text += fmt::format("\\{:03}", byte);
      continue;
    }
    if (with_backslash.find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

std::string hex(std::span<const std::uint8_t> bytes) {
  return in_digits(bytes, 4, "0123456789abcdef");
}

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text =
      in_digits(bytes, 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::string base32hex(std::span<const std::uint8_t> bytes) {
  return in_digits(bytes, 5, "0123456789ABCDEFGHIJKLMNOPQRSTUV");
}

std::string signature_time(std::uint32_t seconds) {
  std::time_t time = seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string quoted(std::string_view bytes) { return '"' + escaped(bytes, "\"\\") + '"'; }
std::string printable(std::string_view bytes) { return escaped(bytes, ""); }

}  // namespace dnstorm::capture::dns::detail
