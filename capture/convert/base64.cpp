#include "capture/convert/base64.hpp"

#include <array>

namespace dnstorm::capture::convert {
namespace {

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < digits.size(); ++i)
    values[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr std::array<std::uint8_t, 256> digit_values = make_values();

}  // namespace

void put_base64(std::span<const std::uint8_t> bytes, std::string& out) {
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::size_t n = bytes.size() - at < 3 ? bytes.size() - at : 3;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8U | (i < n ? bytes[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= n ? digits[group >> (18 - 6 * i) & 63U] : '=';
  }
}

bool take_base64(std::string_view text, std::vector<std::uint8_t>& out) {
  out.clear();
  if (text.size() % 4 != 0) return false;
  std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    bool last = at + 4 == text.size();
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      bool pad = last && i >= 4 - padding;
      std::uint8_t digit = pad ? 0 : digit_values[static_cast<unsigned char>(text[at + i])];
      if (digit == no_digit) return false;
      group = group << 6U | digit;
    }
    std::size_t bytes = last ? 3 - padding : 3;
    for (std::size_t i = 0; i < bytes; ++i)
      out.push_back(static_cast<std::uint8_t>(group >> (16 - 8 * i)));
  }
  return true;
}

}  // namespace dnstorm::capture::convert
