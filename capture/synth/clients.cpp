#include "capture/synth/clients.hpp"

#include <algorithm>
#include <bit>

namespace dnstorm::capture::synth {

namespace {

std::uint32_t v6_clients(const Options& options) {
  if (options.v6 <= 0) return 0;
  if (options.v6 >= 1 || options.clients == 1) return options.clients;
  auto count = static_cast<std::uint32_t>(options.clients * options.v6 + 0.5);
  return std::clamp(count, 1U, options.clients - 1);
}

IpAddress v4_of(std::uint32_t address) {
  const std::uint8_t raw[] = {
      static_cast<std::uint8_t>(address >> 24U), static_cast<std::uint8_t>(address >> 16U),
      static_cast<std::uint8_t>(address >> 8U), static_cast<std::uint8_t>(address)};
  return IpAddress::v4(raw);
}

// 2001:db8:high:low
IpAddress v6_of(std::uint32_t high, std::uint64_t low) {
  IpAddress ip;
  ip.bytes = {0x20, 0x01, 0x0d, 0xb8};
  for (unsigned i = 0; i < 4; ++i)
    ip.bytes[4 + i] = static_cast<std::uint8_t>(high >> (24 - 8 * i));
  for (unsigned i = 0; i < 8; ++i) ip.bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  return ip;
}

}  // namespace

Clients::Clients(const Options& options)
    : v6_count_(v6_clients(options)),
      v4_count_(options.clients - v6_count_),
      v6_share_(v4_count_ == 0   ? 1
                : v6_count_ == 0 ? 0
                                 : options.v6),
      v4_(zipf(std::max(v4_count_, 1U), options.client_exponent)),
      v6_(zipf(std::max(v6_count_, 1U), options.client_exponent)),
      // A quarter to a half of the addresses of this space are used, as in a network.
      spread_mask_(std::min(std::bit_ceil(options.clients) * 2U, 1U << 24U) - 1) {}

std::uint32_t Clients::pick(Random& random) const {
  if (random.chance(v6_share_)) return v4_count_ + static_cast<std::uint32_t>(v6_.pick(random));
  return static_cast<std::uint32_t>(v4_.pick(random));
}

IpAddress Clients::address(std::uint32_t client) const {
  // An odd factor: different clients stay different, ranks lose their order.
  std::uint32_t spread = (client * 0x9e3779b1U + 0x2f1b35U) & spread_mask_;
  return is_v6(client) ? v6_of(spread, mix(client)) : v4_of(0x0a000000U + spread);
}

IpAddress server_address(bool v6, std::uint32_t number) {
  return v6 ? v6_of(0xffff0000U, 0x53 + number) : v4_of(0xc6120035U + number);
}

IpAddress pool_address(bool v6, std::uint64_t number) {
  return v6 ? v6_of(0xfffe0000U | static_cast<std::uint32_t>(number >> 48U), number)
            : v4_of(0xc6120000U + static_cast<std::uint32_t>(number & 0x1ffffU));
}

}  // namespace dnstorm::capture::synth
