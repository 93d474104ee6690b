#include "capture/synth/attack/attack.hpp"

#include <fmt/format.h>

namespace dnstorm::capture::synth::attack {

std::string Cast::domain(std::string_view label) const {
  if (!spec.domain.empty()) return spec.domain;
  return fmt::format("{}.{}", label, options.view == View::tld ? "net" : "com");
}

IpAddress Cast::insider() const {
  IpAddress ip;
  // Of few clients all may have IPv6.
  for (int tries = 0; tries < 64; ++tries) {
    ip = clients.address(random.below(clients.count()));
    if (ip.is_v4()) break;
  }
  return ip;
}

IpAddress outsider(std::uint32_t number) {
  std::uint32_t address = 0xac100000U + (number & 0xfffffU);
  const std::uint8_t raw[] = {
      static_cast<std::uint8_t>(address >> 24U), static_cast<std::uint8_t>(address >> 16U),
      static_cast<std::uint8_t>(address >> 8U), static_cast<std::uint8_t>(address)};
  return IpAddress::v4(raw);
}

std::string network_of(const IpAddress& ip) {
  IpAddress network = ip;
  for (std::size_t i = ip.is_v4() ? 15 : 6; i < 16; ++i) network.bytes[i] = 0;
  return format_ip(network) + (ip.is_v4() ? "/24" : "/48");
}

}  // namespace dnstorm::capture::synth::attack
