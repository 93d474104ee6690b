// DNSTORM_ASSERT(condition, "what must hold", values...): a broken assertion is a bug of ours,
// never bad input. It prints the place, the sentence and the values, and aborts, in release builds
// too: a wrong number on a board is worse than a stopped process.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace dnstorm {

[[noreturn]] void assertion_failed(const char* file, int line, const char* condition,
                                   std::string_view what, const std::string& values);

namespace detail {
inline std::string assertion_values() { return {}; }
template <class... Values>
std::string assertion_values(const Values&... values) {
  std::string text;
  ((text += fmt::format(" {}", values)), ...);
  return text;
}
}  // namespace detail

}  // namespace dnstorm

#define DNSTORM_ASSERT(condition, what, ...)                                         \
  do {                                                                               \
    if (!(condition)) [[unlikely]]                                                   \
      ::dnstorm::assertion_failed(__FILE__, __LINE__, #condition, what,              \
                                  ::dnstorm::detail::assertion_values(__VA_ARGS__)); \
  } while (false)
