// Headers of tunnels: how long they are and what they carry. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dnstorm::capture::packet::detail {

inline constexpr std::uint16_t ethertype_ipv4 = 0x0800;
inline constexpr std::uint16_t ethertype_ipv6 = 0x86dd;
inline constexpr std::uint16_t ethertype_pppoe = 0x8864;  // the session stage
inline constexpr std::uint16_t ethertype_mpls = 0x8847, ethertype_mpls_upstream = 0x8848;
inline constexpr std::uint16_t ethertype_ethernet = 0x6558;  // a whole Ethernet frame, in GRE

struct Carried {
  enum class What : std::uint8_t { packet, cut_off, other } what = What::other;
  std::uint16_t ethertype = 0;  // of a packet
  std::size_t header = 0;       // bytes before it
};

// Behind IP's protocol 47: GRE (RFC 2784, RFC 2890), ERSPAN of all types, PPTP (RFC 2637).
Carried in_gre(std::span<const std::uint8_t> bytes);
// Behind UDP, by the destination port: VXLAN (RFC 7348), GRE (RFC 8086), MPLS (RFC 7510), Teredo
// (RFC 4380).
Carried in_udp(std::uint16_t port, std::span<const std::uint8_t> bytes);

constexpr bool tunnel_port(std::uint16_t port) {
  return port == 4789 || port == 4754 || port == 6635 || port == 3544;
}

}  // namespace dnstorm::capture::packet::detail
