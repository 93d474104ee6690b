#include "capture/packet/detail/tunnel.hpp"

#include "engine/base/cursor.hpp"

namespace dnstorm::capture::packet::detail {

namespace {

constexpr Carried cut_off{Carried::What::cut_off};
constexpr Carried other{Carried::What::other};
constexpr Carried packet(std::uint16_t ethertype, std::size_t header) {
  return {Carried::What::packet, ethertype, header};
}

// A mirrored Ethernet frame behind a header that its own version tells: type I has none, type II
// eight bytes, type III twelve and, with its last bit set, eight more.
Carried erspan(std::span<const std::uint8_t> bytes, std::size_t gre, bool numbered) {
  if (!numbered) return packet(ethertype_ethernet, gre);
  if (bytes.size() < gre + 12) return cut_off;
  std::size_t header = 8;
  if (bytes[gre] >> 4 == 2) header = (bytes[gre + 11] & 1) != 0 ? 20 : 12;
  return packet(ethertype_ethernet, gre + header);
}

// PPP in GRE of version 1: address and control bytes and the first byte of the protocol number may
// be left out.
Carried pptp(std::span<const std::uint8_t> bytes, std::uint16_t flags) {
  std::size_t header = 12;
  if ((flags & 0x0080) != 0) header += 4;
  if ((flags & 0x1000) == 0) return other;  // nothing but an acknowledgement
  if (bytes.size() < header + 4) return cut_off;
  if (load_be16(bytes.data() + header) == 0xff03) header += 2;
  if (bytes[header] == 0) ++header;
  if (bytes[header] == 0x21) return packet(ethertype_ipv4, header + 1);
  return bytes[header] == 0x57 ? packet(ethertype_ipv6, header + 1) : other;
}

}  // namespace

// Flags and protocol, then checksum, key and sequence number where their flags say so.
Carried in_gre(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 4) return cut_off;
  std::uint16_t flags = load_be16(bytes.data());
  std::uint16_t protocol = load_be16(bytes.data() + 2);
  if ((flags & 0x0007) == 1 && protocol == 0x880b) return pptp(bytes, flags);
  // Another version, or RFC 1701's source routes.
  if ((flags & 0x4007) != 0) return other;
  bool numbered = (flags & 0x1000) != 0;
  std::size_t header = 4;
  if ((flags & 0x8000) != 0) header += 4;
  if ((flags & 0x2000) != 0) header += 4;
  if (numbered) header += 4;
  if (bytes.size() < header) return cut_off;
  if (protocol == 0x88be) return erspan(bytes, header, numbered);
  if (protocol == 0x22eb) return erspan(bytes, header, true);
  return packet(protocol, header);
}

Carried in_udp(std::uint16_t port, std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 8) return other;
  switch (port) {
    case 4754:
      return in_gre(bytes);
    case 6635:
      return packet(ethertype_mpls, 0);
    case 3544:
      return bytes[0] >> 4 == 6 ? packet(ethertype_ipv6, 0) : other;
  }
  // VXLAN: of its flags only one may be set, and what is reserved is zero.
  if (load_be32(bytes.data()) != 0x08000000 || bytes[7] != 0) return other;
  return packet(ethertype_ethernet, 8);
}

}  // namespace dnstorm::capture::packet::detail
