#include "cluster/model/path_name.hpp"

#include <fmt/format.h>

#include <charconv>

namespace dnstorm::cluster {

std::string path_name(std::string_view id) {
  std::string name;
  for (char c : id) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_' || (c == '.' && !name.empty());
    name += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return name;
}

std::optional<std::string> id_of_path_name(std::string_view name) {
  std::string id;
  for (std::size_t i = 0; i < name.size(); ++i) {
    unsigned code = static_cast<unsigned char>(name[i]);
    if (name[i] == '%') {
      std::string_view digits = name.substr(i + 1, 2);
      auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
      if (digits.size() != 2 || wrong != std::errc() || end != digits.data() + 2)
        return std::nullopt;
      i += 2;
    }
    id += static_cast<char>(code);
  }
  return path_name(id) == name ? std::optional(id) : std::nullopt;
}

}  // namespace dnstorm::cluster
