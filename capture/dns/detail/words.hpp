// The words of one line of presentation text (RFC 1035 5.1): cut at blanks that stand in no quotes
// and behind no backslash; parentheses between words are passed over, and what stands behind a ';'
// that begins a word. Views into the line.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace dnstorm::capture::dns::detail {

class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  bool done() {
    std::size_t at = rest_.find_first_not_of(" \t()");
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at);
    if (rest_.starts_with(';')) rest_ = {};
    return rest_.empty();
  }
  // Empty where there is none left.
  std::string_view next() {
    if (done()) return {};
    bool quoted = false;
    std::size_t at = 0;
    for (; at < rest_.size(); ++at) {
      char c = rest_[at];
      if (c == '\\')
        ++at;
      else if (c == '"')
        quoted = !quoted;
      else if (!quoted && (c == ' ' || c == '\t'))
        break;
    }
    std::string_view word = rest_.substr(0, at);
    rest_.remove_prefix(word.size());
    return word;
  }
  std::string_view rest() {
    done();
    return rest_;
  }
  // All that is left, of a kind that no ';' can stand in.
  std::string_view take_digits() {
    std::string_view digits = rest().substr(0, rest_.find(';'));
    rest_ = {};
    return digits;
  }

 private:
  std::string_view rest_;
};

// Decimal digits and nothing else, within the type.
template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A word of a character-string, quotes around it or not; escapes are resolved. Appends; false for
// a broken escape.
bool take_octets(std::string_view word, std::vector<std::uint8_t>& out);

}  // namespace dnstorm::capture::dns::detail
