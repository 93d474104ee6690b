#include "engine/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace dnstorm {

void assertion_failed(const char* file, int line, const char* condition, std::string_view what,
                      const std::string& values) {
  fmt::print(stderr, "dnstorm: internal error at {}:{}: {} ({}){}\n", file, line, what, condition,
             values);
  std::fflush(stderr);
  std::abort();
}

}  // namespace dnstorm
