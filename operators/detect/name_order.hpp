// The canonical order of names (RFC 4034 6.1), of names as text: label by label from the right, a
// parent before what is below it. Escaped dots part labels here.
#pragma once

#include <string_view>

namespace dnstorm::operators {

// Below, at or above zero, as memcmp.
inline int compare_names(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    std::size_t dot_a = a.rfind('.'), dot_b = b.rfind('.');
    std::string_view label_a = dot_a == std::string_view::npos ? a : a.substr(dot_a + 1);
    std::string_view label_b = dot_b == std::string_view::npos ? b : b.substr(dot_b + 1);
    if (int order = label_a.compare(label_b); order != 0) return order;
    a = dot_a == std::string_view::npos ? std::string_view() : a.substr(0, dot_a);
    b = dot_b == std::string_view::npos ? std::string_view() : b.substr(0, dot_b);
  }
  return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

}  // namespace dnstorm::operators
