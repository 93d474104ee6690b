#include "capture/packet/decode.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/cursor.hpp"

namespace dnstorm::capture::packet {
namespace {

constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;
constexpr std::uint16_t ethertype_pppoe = 0x8864;  // the session stage
constexpr std::uint8_t protocol_icmp = 1, protocol_tcp = 6, protocol_udp = 17, protocol_icmpv6 = 58;
// Real networks stack two tags; the bounds only keep a hostile frame from costing time.
constexpr int vlan_tags_max = 8;
constexpr int extension_headers_max = 16;

// The bytes that are left of a frame, and whether the capture cut it.
struct Rest {
  const std::uint8_t* at;
  std::size_t left;
  bool cut;

  void skip(std::size_t n) {
    at += n;
    left -= n;
  }
  // What it means that something does not fit any more.
  Verdict missing(Verdict malformed) const { return cut ? Verdict::truncated : malformed; }
};

Verdict decode_udp(Rest rest, std::size_t claimed, Datagram& out) {
  if (rest.left < 8) return claimed < 8 ? Verdict::malformed_udp : rest.missing(Verdict::malformed_udp);
  out.src_port = load_be16(rest.at);
  out.dst_port = load_be16(rest.at + 2);
  out.has_ports = true;
  std::size_t length = load_be16(rest.at + 4);
  if (length < 8 || length > claimed) [[unlikely]]
    return Verdict::malformed_udp;
  out.payload = {rest.at + 8, std::min(length, rest.left) - 8};
  return length > rest.left ? rest.missing(Verdict::malformed_udp) : Verdict::udp;
}

Verdict decode_tcp(Rest rest, Datagram& out) {
  if (rest.left < 4) return rest.missing(Verdict::malformed_ip);
  out.src_port = load_be16(rest.at);
  out.dst_port = load_be16(rest.at + 2);
  out.has_ports = true;
  if (rest.left < 20) return Verdict::tcp;
  std::size_t header = std::size_t{4} * (rest.at[12] >> 4);
  if (header >= 20 && header <= rest.left) out.payload = {rest.at + header, rest.left - header};
  return Verdict::tcp;
}

// `claimed` is what the IP header says the payload has, `rest` what of it is in the frame.
Verdict decode_transport(std::uint8_t protocol, Rest rest, std::size_t claimed, Datagram& out) {
  out.protocol = protocol;
  if (protocol == protocol_udp) [[likely]]
    return decode_udp(rest, claimed, out);
  if (protocol == protocol_tcp) return decode_tcp(rest, out);
  if (protocol == (out.v6 ? protocol_icmpv6 : protocol_icmp)) return Verdict::icmp;
  return Verdict::other_protocol;
}

// Drops what lies behind the IP packet (Ethernet padding, a frame check sequence). A length of 0 is
// what a sender's own capture shows of a packet that the network card cuts up (segmentation
// offload): the frame is then the packet.
bool trim(Rest& rest, std::size_t& claimed) {
  if (claimed == 0) claimed = rest.left;
  if (claimed > rest.left) return rest.cut;
  rest.left = claimed;
  return true;
}

Verdict decode_ipv4(Rest rest, Datagram& out) {
  if (rest.left < 20) return rest.missing(Verdict::malformed_ip);
  const std::uint8_t* ip = rest.at;
  std::size_t header = std::size_t{4} * (ip[0] & 0x0f);
  std::size_t total = load_be16(ip + 2);
  if (ip[0] >> 4 != 4 || header < 20 || (total != 0 && total < header)) [[unlikely]]
    return Verdict::malformed_ip;
  if (!trim(rest, total)) return Verdict::malformed_ip;
  out.src = IpAddress::v4(ip + 12);
  out.dst = IpAddress::v4(ip + 16);
  out.ttl = ip[8];
  out.protocol = ip[9];
  if (rest.left < header) return rest.missing(Verdict::malformed_ip);
  if ((load_be16(ip + 6) & 0x3fff) != 0) return Verdict::fragment;  // more to come, or an offset
  rest.skip(header);
  return decode_transport(ip[9], rest, total - header, out);
}

enum class Extension : std::uint8_t { none, by_eights, authentication, fragment };

constexpr Extension extension_of(std::uint8_t next_header) {
  switch (next_header) {
    case 0:    // hop by hop
    case 43:   // routing
    case 60:   // destination
    case 135:  // mobility
    case 139:  // host identity
    case 140:  // shim6
      return Extension::by_eights;
    case 51: return Extension::authentication;
    case 44: return Extension::fragment;
    default: return Extension::none;
  }
}

// Walks the extension headers (RFC 8200 4) up to the transport header.
Verdict decode_extensions(std::uint8_t next, Rest rest, std::size_t claimed, Datagram& out) {
  for (int i = 0; i < extension_headers_max; ++i) {
    Extension kind = extension_of(next);
    out.protocol = next;
    if (kind == Extension::none) return decode_transport(next, rest, claimed, out);
    if (rest.left < 8) return rest.missing(Verdict::malformed_ip);
    std::size_t length = 8;
    if (kind == Extension::by_eights) length = std::size_t{8} * (rest.at[1] + 1u);
    if (kind == Extension::authentication) length = std::size_t{4} * (rest.at[1] + 2u);
    // An atomic fragment (offset 0, nothing to come; RFC 6946) is a whole packet.
    bool part = kind == Extension::fragment && (load_be16(rest.at + 2) & 0xfff9) != 0;
    next = rest.at[0];
    if (part) {
      out.protocol = next;
      return Verdict::fragment;
    }
    if (length > claimed) return Verdict::malformed_ip;
    if (length > rest.left) return rest.missing(Verdict::malformed_ip);
    rest.skip(length);
    claimed -= length;
  }
  return Verdict::malformed_ip;
}

Verdict decode_ipv6(Rest rest, Datagram& out) {
  if (rest.left < 40) return rest.missing(Verdict::malformed_ip);
  const std::uint8_t* ip = rest.at;
  if (ip[0] >> 4 != 6) return Verdict::malformed_ip;
  std::size_t claimed = load_be16(ip + 4);
  rest.skip(40);
  if (!trim(rest, claimed)) return Verdict::malformed_ip;
  out.v6 = true;
  out.src = IpAddress::v6(ip + 8);
  out.dst = IpAddress::v6(ip + 24);
  out.ttl = ip[7];
  if (ip[6] == protocol_udp) [[likely]]
    return decode_transport(protocol_udp, rest, claimed, out);
  return decode_extensions(ip[6], rest, claimed, out);
}

Verdict decode_raw_ip(Rest rest, Datagram& out) {
  if (rest.left == 0) return rest.missing(Verdict::malformed_link);
  switch (*rest.at >> 4) {
    case 4: return decode_ipv4(rest, out);
    case 6: return decode_ipv6(rest, out);
    default: return Verdict::not_ip;
  }
}

// PPP over Ethernet (RFC 2516): six bytes, then PPP's protocol number.
Verdict decode_pppoe(Rest rest, Datagram& out) {
  if (rest.left < 8) return rest.missing(Verdict::malformed_link);
  std::uint16_t protocol = load_be16(rest.at + 6);
  rest.skip(8);
  if (protocol == 0x0021) return decode_ipv4(rest, out);
  if (protocol == 0x0057) return decode_ipv6(rest, out);
  return Verdict::not_ip;
}

// `rest` begins behind the type field; tags carry the next one in their last two bytes.
Verdict decode_ethertype(std::uint16_t ethertype, Rest rest, Datagram& out) {
  for (int tags = 0;; ++tags) {
    if (ethertype == ethertype_ipv4) [[likely]]
      return decode_ipv4(rest, out);
    if (ethertype == ethertype_ipv6) return decode_ipv6(rest, out);
    if (ethertype == ethertype_pppoe) return decode_pppoe(rest, out);
    bool tagged = ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
    if (!tagged) return Verdict::not_ip;
    if (tags == vlan_tags_max) return Verdict::malformed_link;
    if (rest.left < 4) return rest.missing(Verdict::malformed_link);
    ethertype = load_be16(rest.at + 2);
    rest.skip(4);
  }
}

// A header of fixed length that holds an Ethernet type at a fixed place.
Verdict decode_typed_link(Rest rest, std::size_t header, std::size_t type_at, Datagram& out) {
  if (rest.left < header) return rest.missing(Verdict::malformed_link);
  std::uint16_t ethertype = load_be16(rest.at + type_at);
  rest.skip(header);
  return decode_ethertype(ethertype, rest, out);
}

// The family is in the byte order of the host that captured, which the file does not tell: families
// are small numbers, so the order that makes it small is the right one. AF_INET6 differs by system:
// 10 Linux, 24 NetBSD and OpenBSD, 28 FreeBSD, 30 macOS.
Verdict decode_loopback(Rest rest, Datagram& out) {
  if (rest.left < 4) return rest.missing(Verdict::malformed_link);
  std::uint32_t family = load_be32(rest.at);
  if (family > 0xffff) family = __builtin_bswap32(family);
  rest.skip(4);
  switch (family) {
    case 2: return decode_ipv4(rest, out);
    case 10:
    case 24:
    case 28:
    case 30: return decode_ipv6(rest, out);
    default: return Verdict::not_ip;
  }
}

}  // namespace

Verdict decode(LinkType link, std::span<const std::uint8_t> frame, std::uint32_t original_length,
               Datagram& out) {
  out = {};
  Rest rest{frame.data(), frame.size(), frame.size() < original_length};
  switch (link) {
    case LinkType::ethernet: return decode_typed_link(rest, 14, 12, out);
    case LinkType::linux_sll: return decode_typed_link(rest, 16, 14, out);
    case LinkType::linux_sll2: return decode_typed_link(rest, 20, 0, out);
    case LinkType::raw:
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd: return decode_raw_ip(rest, out);
    case LinkType::null:
    case LinkType::loop: return decode_loopback(rest, out);
    case LinkType::ipv4: return decode_ipv4(rest, out);
    case LinkType::ipv6: return decode_ipv6(rest, out);
  }
  return Verdict::unknown_link;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::udp: return "udp";
    case Verdict::tcp: return "tcp";
    case Verdict::icmp: return "icmp";
    case Verdict::other_protocol: return "other_protocol";
    case Verdict::fragment: return "fragment";
    case Verdict::not_ip: return "not_ip";
    case Verdict::truncated: return "truncated";
    case Verdict::malformed_link: return "malformed_link";
    case Verdict::malformed_ip: return "malformed_ip";
    case Verdict::malformed_udp: return "malformed_udp";
    case Verdict::unknown_link: return "unknown_link";
  }
  return "?";
}

std::string to_string(LinkType link) {
  switch (link) {
    case LinkType::null: return "null";
    case LinkType::ethernet: return "ethernet";
    case LinkType::raw:
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd: return "raw";
    case LinkType::loop: return "loop";
    case LinkType::linux_sll: return "linux_sll";
    case LinkType::ipv4: return "ipv4";
    case LinkType::ipv6: return "ipv6";
    case LinkType::linux_sll2: return "linux_sll2";
  }
  return fmt::format("link type {}", static_cast<unsigned>(link));
}

}  // namespace dnstorm::capture::packet
