#include "capture/dns/detail/words.hpp"

namespace dnstorm::capture::dns::detail {
namespace {

int digit_of(char c) { return c >= '0' && c <= '9' ? c - '0' : -1; }

}  // namespace

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
