// One sentence for the people who watch a run, of what an operator does or cannot do now. Any
// thread.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <functional>
#include <string>

namespace dnstorm::operators {

using Note = std::function<void(const std::string&)>;

inline Note note_on_stderr() {
  return [](const std::string& text) { fmt::print(stderr, "dnstorm: {}\n", text); };
}

}  // namespace dnstorm::operators
