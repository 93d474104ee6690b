#include "operators/dsc/names.hpp"

#include <arpa/inet.h>

#include <cctype>
#include <charconv>

namespace dnstorm::operators {

namespace {

// The dot before `end` that parts labels.
std::size_t dot_before(std::string_view name, std::size_t end) {
  for (std::size_t at = end; at-- > 0;)
    if (name[at] == '.' && (at == 0 || name[at - 1] != '\\')) return at;
  return std::string_view::npos;
}

}  // namespace

std::string_view last_label(std::string_view name) {
  if (name.size() <= 1) return name;
  std::size_t dot = dot_before(name, name.size());
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::string_view one_label_more(std::string_view name, std::size_t size) {
  if (size + 1 >= name.size()) return name;
  std::size_t dot = dot_before(name, name.size() - size - 1);
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

bool is_ipv4_text(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) == 0 ||
      std::isxdigit(static_cast<unsigned char>(name.back())) == 0)
    return false;
  in_addr address{};
  return inet_aton(std::string(name).c_str(), &address) != 0;
}

bool is_private_reverse(std::string_view name) {
  constexpr std::string_view zone = ".in-addr.arpa";
  if (!name.ends_with(zone)) return false;
  std::string_view labels = name.substr(0, name.size() - zone.size());
  std::uint32_t address = 0;  // the last label is its first byte
  for (std::size_t from = 0; from <= labels.size();) {
    std::size_t end = std::min(labels.find('.', from), labels.size());
    unsigned byte = 0;
    std::from_chars(labels.data() + from, labels.data() + end, byte);
    address = address >> 8 | (byte & 0xffU) << 24;
    from = end + 1;
  }
  return (address & 0xff000000U) == 0x0a000000U || (address & 0xfff00000U) == 0xac100000U ||
         (address & 0xffff0000U) == 0xc0a80000U;
}

std::string raw_name(std::string_view name) {
  std::string raw;
  for (std::size_t i = 0; i < name.size(); ++i) {
    char c = name[i];
    if (c == '\\' && i + 1 < name.size()) {
      c = name[++i];
      if (std::isdigit(static_cast<unsigned char>(c)) != 0 && i + 2 < name.size()) {
        c = static_cast<char>((c - '0') * 100 + (name[i + 1] - '0') * 10 + (name[i + 2] - '0'));
        i += 2;
      }
    }
    if (c == '\0') break;
    raw += c == '\n' || c == '\r' ? ' ' : c;
  }
  return raw;
}

}  // namespace dnstorm::operators
