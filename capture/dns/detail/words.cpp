#include "capture/dns/detail/words.hpp"

namespace dnstorm::capture::dns::detail {
namespace {

int digit_of(char c) { return c >= '0' && c <= '9' ? c - '0' : -1; }
int hex_of(char c) {
  if (digit_of(c) >= 0) return digit_of(c);
  char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}
int base32hex_of(char c) {
  if (digit_of(c) >= 0) return digit_of(c);
  char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'v' ? low - 'a' + 10 : -1;
}
int base64_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (digit_of(c) >= 0) return digit_of(c) + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Digits of `bits` bits each, most significant first; blanks between them do not matter.
template <class Digit>
bool take_digits(std::string_view text, unsigned bits, Digit digit,
                 std::vector<std::uint8_t>& out) {
  unsigned held = 0, kept = 0;
  text = text.substr(0, text.find_last_not_of("= \t") + 1);
  for (char c : text) {
    if (c == ' ' || c == '\t') continue;
    int value = digit(c);
    if (value < 0) return false;
    kept = (kept << bits | static_cast<unsigned>(value)) & 0xffffU;
    held += bits;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<std::uint8_t>(kept >> held));
  }
  return held < bits;  // what is left over is less than a digit: filler
}

}  // namespace

bool take_hex(std::string_view text, std::vector<std::uint8_t>& out) {
  return !text.ends_with('=') && take_digits(text, 4, hex_of, out);
}
bool take_base64(std::string_view text, std::vector<std::uint8_t>& out) {
  return take_digits(text, 6, base64_of, out);
}
bool take_base32hex(std::string_view text, std::vector<std::uint8_t>& out) {
  return take_digits(text, 5, base32hex_of, out);
}

bool take_octets(std::string_view word, std::vector<std::uint8_t>& out) {
  if (word.size() >= 2 && word.front() == '"' && word.back() == '"')
    word = word.substr(1, word.size() - 2);
  for (std::size_t at = 0; at < word.size(); ++at) {
    if (word[at] != '\\') {
      out.push_back(static_cast<std::uint8_t>(word[at]));
      continue;
    }
    if (++at == word.size()) return false;
    if (digit_of(word[at]) < 0) {
      out.push_back(static_cast<std::uint8_t>(word[at]));
      continue;
    }
    if (word.size() - at < 3 || digit_of(word[at + 1]) < 0 || digit_of(word[at + 2]) < 0)
      return false;
    int value = digit_of(word[at]) * 100 + digit_of(word[at + 1]) * 10 + digit_of(word[at + 2]);
    if (value > 255) return false;
    out.push_back(static_cast<std::uint8_t>(value));
    at += 2;
  }
  return true;
}

}  // namespace dnstorm::capture::dns::detail
