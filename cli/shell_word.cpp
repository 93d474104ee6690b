#include "cli/shell_word.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dnstorm::cli {

namespace {

// What cannot be seen, or would be shown otherwise, as a number.
std::string escaped(const std::string& text) {
  std::string escaped = "$'";
  for (char c : text) {
    if (c == '\'' || c == '\\') escaped += '\\';
    if (c >= ' ' && c <= '~')
      escaped += c;
    else
      escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return escaped + "'";
}

}  // namespace

std::string shell_word(const std::string& text) {
  constexpr const char* plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=-";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  if (std::ranges::any_of(text, [](char c) { return c < ' ' || c > '~'; })) return escaped(text);
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace dnstorm::cli
