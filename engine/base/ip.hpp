// An IP address as 16 bytes in network order; IPv4 is mapped (::ffff:a.b.c.d, RFC 4291 2.5.5.2).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace dnstorm {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  static IpAddress v4(const std::uint8_t* four) {
    IpAddress ip;
    ip.bytes[10] = ip.bytes[11] = 0xff;
    std::memcpy(&ip.bytes[12], four, 4);
    return ip;
  }
  static IpAddress v6(const std::uint8_t* sixteen) {
    IpAddress ip;
    std::memcpy(ip.bytes.data(), sixteen, 16);
    return ip;
  }
  bool is_v4() const {
    static constexpr std::uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::memcmp(bytes.data(), prefix, 12) == 0;
  }
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};
static_assert(sizeof(IpAddress) == 16);

// RFC 5952 text; mapped addresses as dotted quads.
std::string format_ip(const IpAddress& ip);
std::optional<IpAddress> parse_ip(std::string_view text);

}  // namespace dnstorm
