// What DSC sees in names, in the text form of capture/dns/name.hpp. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dnstorm::operators {

// "a.root-servers.net": one letter in front of the zone.
inline bool is_root_server(std::string_view name) {
  constexpr std::string_view zone = ".root-servers.net";
  return name.size() == zone.size() + 1 && name.ends_with(zone);
}
inline bool is_idn(std::string_view name) { return name.starts_with("xn--"); }

// The end of the name that begins with the label before the last `size` bytes; the whole name where
// there is none.
std::string_view one_label_more(std::string_view name, std::size_t size);
// The last label.
std::string_view last_label(std::string_view name);

// Whether it is an IPv4 address, in any form that inet_aton(3) takes.
bool is_ipv4_text(std::string_view name);
// The reverse name of a private address (RFC 1918) or of a network of them.
bool is_private_reverse(std::string_view name);

// The bytes of the name as DSC has them: escapes undone, up to the first zero, line ends as blanks.
std::string raw_name(std::string_view name);

}  // namespace dnstorm::operators
