#include "cli/terminal_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace dnstorm::cli {

TerminalLine::TerminalLine() : enabled_(isatty(STDERR_FILENO) == 1) {}

void TerminalLine::show(const std::string& text) {
  fmt::print(stderr, "\r{} ", text);
  std::fflush(stderr);
  shown_ = true;
}

void TerminalLine::clear() const {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

std::string thousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

}  // namespace dnstorm::cli
