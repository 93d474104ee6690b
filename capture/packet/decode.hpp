// From a captured frame to a UDP datagram: link layer, VLAN tags and PPPoE, IPv4
// and IPv6, UDP.
//
// decode() looks at one frame at a time and keeps no state: fragments are told apart, not put
// together, TCP is recognised (addresses and ports are filled in), not followed. It allocates
// nothing, never throws and reads no byte outside the frame, whatever the frame holds. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/ip.hpp"

namespace dnstorm::capture::packet {

// The numbers of https://www.tcpdump.org/linktypes.html. Values that are not listed are carried
// through and answered with Verdict::unknown_link.
enum class LinkType : std::uint16_t {
  null = 0,  // BSD loopback, family in the byte order of the writing host
  ethernet = 1,
  raw_bsd = 12,      // raw IP under the number libpcap uses for a live capture
  raw_openbsd = 14,  // raw IP, OpenBSD
  raw = 101,         // raw IP, version told by the first four bits
  loop = 108,        // OpenBSD loopback, family in network byte order
  linux_sll = 113,   // Linux cooked capture
  ipv4 = 228,
  ipv6 = 229,
  linux_sll2 = 276,  // Linux cooked capture version 2
};

// The mnemonic of the link type ("ethernet"), or "link type N".
std::string to_string(LinkType link);

// What a frame turned out to be. Everything but `udp` is counted under its name and goes no
// further.
enum class Verdict : std::uint8_t {
  udp,             // a whole UDP datagram: every field of Datagram is set
  tcp,             // addresses and ports are set; payload is the segment's
  icmp,            // ICMP or ICMPv6; addresses are set
  other_protocol,  // another protocol on IP; addresses are set
  fragment,        // a fragment, first or later; addresses are set (ports are not)
  not_ip,          // ARP, LLDP, ...
  truncated,       // the capture's snap length cut something that is needed off. Where the UDP
              // header was still there, addresses, ports and what is left of the payload are set
  malformed_link,  // link-layer header does not fit into the frame, or too many tags
  malformed_ip,    // version, header or total length impossible
  malformed_udp,   // the length field is below 8 or beyond the IP payload
  unknown_link,    // a link type that is not decoded
};
inline constexpr std::size_t verdict_count = 11;
std::string_view to_string(Verdict verdict);

struct Datagram {
  IpAddress src;
  IpAddress dst;
  std::span<const std::uint8_t> payload;  // into the frame
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint8_t protocol = 0;  // IP protocol number, after the extension headers
  std::uint8_t ttl = 0;       // TTL or hop limit
  bool v6 = false;
  bool has_ports = false;  // ports are set (udp, tcp, some truncated ones)
};

// Decodes one frame. `original_length` is the length it had on the wire, `frame` what was kept of
// it. Resets and fills `out`; which fields are set is told by the verdict.
Verdict decode(LinkType link, std::span<const std::uint8_t> frame, std::uint32_t original_length,
               Datagram& out);

}  // namespace dnstorm::capture::packet
