#include "cli/dsc_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>

namespace dnstorm::cli {

namespace {

using Words = std::vector<std::string>;

bool blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Words are parted by blanks; one in double quotes may hold some.
Words words_of(std::string_view text) {
  Words words;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    std::size_t end = 0;
    if (text.front() == '"') {
      end = std::min(text.find('"', 1), text.size());
      words.emplace_back(text.substr(1, end - 1));
      text.remove_prefix(std::min(end + 1, text.size()));
      continue;
    }
    while (end < text.size() && !blank(text[end])) ++end;
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

}  // namespace

Result<DscDirective> parse_dsc_directive(std::string_view line) {
  DscDirective directive;
  line = trimmed(line);
  if (line.empty() || line.front() == '#') return directive;
  if (line.back() != ';')
    return Error{ErrorKind::config, "a directive ends with ';' in the same line", ""};
  line = trimmed(line.substr(0, line.size() - 1));
  Words words = words_of(line);
  if (words.empty()) return directive;
  directive.name = words[0];
  directive.words.assign(words.begin() + 1, words.end());
  directive.rest = trimmed(line.substr(std::min(words[0].size(), line.size())));
  return directive;
}

std::optional<unsigned> mask_bits(const std::string& text, bool v4) {
  unsigned number = 0;
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc() && rest == text.data() + text.size())
    return number <= (v4 ? 32U : 128U) ? std::optional(number) : std::nullopt;
  auto mask = parse_ip(text);
  if (!mask || mask->is_v4() != v4) return {};
  unsigned bits = 0;
  bool ended = false;
  for (std::size_t i = v4 ? 12 : 0; i < 16; ++i) {
    unsigned byte = mask->bytes[i];
    auto ones = static_cast<unsigned>(std::countl_one(mask->bytes[i]));
    if ((ended && byte != 0) || static_cast<std::uint8_t>(byte << ones) != 0) return {};
    ended = ended || ones != 8;
    bits += ones;
  }
  return bits;
}

std::string network_text(IpAddress address, unsigned bits) {
  unsigned before = address.is_v4() ? bits + 96 : bits;
  for (unsigned bit = before; bit < 128; ++bit)
    address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  return fmt::format("{}/{}", format_ip(address), bits);
}

}  // namespace dnstorm::cli
