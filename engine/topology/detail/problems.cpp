#include "engine/topology/detail/problems.hpp"

#include <algorithm>
#include <tuple>

namespace dnstorm::topology {

namespace detail {

std::string shown(std::string_view text, std::size_t length_max) {
  std::string out(text.substr(0, length_max));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  if (text.size() > length_max) out += "...";
  return out;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  // Nobody mistypes a word this long; the comparison would cost more than it is worth.
  constexpr std::size_t word_max = 64;
  std::string hint = word.size() > word_max ? "" : nearest(word, known);
  if (!hint.empty()) return fmt::format(", did you mean '{}'?", shown(hint));
  constexpr std::size_t listed_max = 20;
  if (known.empty() || known.size() > listed_max) return {};
  return fmt::format("; known are {}", shown(fmt::format("{}", fmt::join(known, ", ")), 400));
}

std::vector<Diagnostic> Problems::take(const std::vector<std::string>& includes) {
  settle(list_, includes);
  return std::move(list_);
}

}  // namespace detail

void settle(std::vector<Diagnostic>& problems, const std::vector<std::string>& includes) {
  std::stable_sort(problems.begin(), problems.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.place.file, a.place.line, a.place.column) <
           std::tie(b.place.file, b.place.line, b.place.column);
  });
  for (Diagnostic& problem : problems)
    if (problem.place.file != 0) problem.file = includes[problem.place.file - 1];
}

std::string to_string(const std::string& named, const Diagnostic& diagnostic) {
  const std::string& file = diagnostic.file.empty() ? named : diagnostic.file;
  // Sentences quote what stands in the file; one line that can be read it has to be all the same.
  constexpr std::size_t length_max = 1000;
  std::string what = detail::shown(diagnostic.what, length_max);
  if (diagnostic.place.line == 0) return fmt::format("{}: {}", file, what);
  return fmt::format("{}:{}:{}: {}", file, diagnostic.place.line, diagnostic.place.column, what);
}

}  // namespace dnstorm::topology
