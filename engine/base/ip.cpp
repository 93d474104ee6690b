#include "engine/base/ip.hpp"

#include <arpa/inet.h>

namespace dnstorm {

std::string format_ip(const IpAddress& ip) {
  char text[INET6_ADDRSTRLEN];
  if (ip.is_v4())
    inet_ntop(AF_INET, &ip.bytes[12], text, sizeof text);
  else
    inet_ntop(AF_INET6, ip.bytes.data(), text, sizeof text);
  return text;
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  std::string terminated(text);
  std::uint8_t raw[16];
  if (inet_pton(AF_INET, terminated.c_str(), raw) == 1) return IpAddress::v4(raw);
  if (inet_pton(AF_INET6, terminated.c_str(), raw) == 1) return IpAddress::v6(raw);
  return std::nullopt;
}

}  // namespace dnstorm
