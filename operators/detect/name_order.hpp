// The canonical order of names (RFC 4034 6.1), of names as text: label by label from the right, a
// parent before what is below it. Escaped dots part labels here.
#pragma once

#include <algorithm>
#include <string_view>

namespace dnstorm::operators {

// Below, at or above zero, as memcmp. Looks for the first difference from the end: only the two
// labels that it lies in have to be compared.
inline int compare_names(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
  std::size_t most = std::min(a.size(), b.size());
  std::size_t same = 0;      // bytes at the end
  std::size_t of_label = 0;  // those behind the last dot among them
  for (; same < most; ++same) {
    char c = a[a.size() - 1 - same];
    if (c != b[b.size() - 1 - same]) break;
    of_label = c == '.' ? 0 : of_label + 1;
  }
  std::string_view rest_a = a.substr(0, a.size() - same);
  std::string_view rest_b = b.substr(0, b.size() - same);
  if (rest_a.empty() && rest_b.empty()) return 0;
  // One is the other's parent.
  if (rest_a.empty() && rest_b.back() == '.') return -1;
  if (rest_b.empty() && rest_a.back() == '.') return 1;
  auto label = [of_label](std::string_view name, std::string_view rest) {
    std::size_t begin = rest.rfind('.') + 1;  // 0 where there is none
    return name.substr(begin, rest.size() - begin + of_label);
  };
  return label(a, rest_a).compare(label(b, rest_b));
}

}  // namespace dnstorm::operators
