// From a captured frame to what it carries: link layer, VLAN tags, PPPoE, MPLS, IPv4 and IPv6,
// tunnels (GRE with ERSPAN and PPTP, IP in IP, VXLAN, GRE and MPLS in UDP, Teredo), UDP, TCP.
//
// decode() looks at one frame at a time and keeps no state: fragments are told apart and put
// together by Fragments (fragments.hpp), segments of TCP by stream::TcpStreams. Of a tunnel, what
// it carries is decoded, and addresses and ports are those inside. It allocates nothing, never
// throws and reads no byte outside the frame, whatever the frame holds. Thread-safe.
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

// What a frame turned out to be.
enum class Verdict : std::uint8_t {
  udp,             // a whole UDP datagram: payload is its data
  tcp,             // a TCP segment: `tcp` and the payload are set (cut by the snap length: tcp.cut)
  icmp,            // ICMP or ICMPv6; payload is the whole ICMP message
  other_protocol,  // another protocol on IP, or something else than IP in a tunnel
  fragment,        // a fragment, first or later; `fragment` and the payload are set
  not_ip,          // ARP, LLDP, ...
  truncated,       // the capture's snap length cut something that is needed off. Where the UDP
              // header was still there, addresses, ports and what is left of the payload are set
  malformed_link,   // link-layer or tunnel header does not fit into the frame, or too many tags
  malformed_ip,     // version, header or total length impossible
  malformed_udp,    // the length field is below 8 or beyond the IP payload
  malformed_tcp,    // the header is shorter than it says, or than any header is
  nested_too_deep,  // more tunnels in tunnels than tunnels_max
  unknown_link,     // a link type that is not decoded
};
inline constexpr std::size_t verdict_count = 13;
std::string_view to_string(Verdict verdict);

// Real networks nest two.
inline constexpr std::uint8_t tunnels_max = 4;

struct TcpHeader {
  static constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, ack = 0x10;
  std::uint32_t seq;
  std::uint32_t ack_number;
  std::uint32_t length;  // of the data on the wire; more than the payload if the capture cut it
  std::uint8_t flags;
};

struct FragmentHeader {
  std::uint32_t id;
  std::uint16_t offset;  // of the payload in the packet, in bytes
  bool more;             // not the last one
  bool cut;              // the snap length cut it
};

struct Datagram {
  IpAddress src;
  IpAddress dst;
  std::span<const std::uint8_t> payload;  // into the frame
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint8_t protocol = 0;  // IP protocol number, after the extension headers
  std::uint8_t ttl = 0;       // TTL or hop limit
  bool v6 = false;
  bool has_ports = false;    // ports are set (udp, tcp, some truncated ones)
  std::uint8_t tunnels = 0;  // how many it came through
  TcpHeader tcp;             // of Verdict::tcp only
  FragmentHeader fragment;   // of Verdict::fragment only

  void reset() {
    src = dst = {};
    payload = {};
    src_port = dst_port = 0;
    protocol = ttl = tunnels = 0;
    v6 = has_ports = false;
  }
};

// Decodes one frame. `original_length` is the length it had on the wire, `frame` what was kept of
// it. Resets and fills `out`; which fields are set is told by the verdict.
Verdict decode(LinkType link, std::span<const std::uint8_t> frame, std::uint32_t original_length,
               Datagram& out);

// The same from behind the IP header on, for a packet put together from fragments: `payload` is all
// that followed the header, and addresses, v6, ttl, protocol and tunnels of `out` are its own.
Verdict decode_payload(std::span<const std::uint8_t> payload, Datagram& out);

// The IP packet that an ICMP error quotes, mostly cut short (RFC 792, RFC 4443): what is missing
// makes it `truncated`, never malformed. Resets and fills `out`.
Verdict decode_quote(std::span<const std::uint8_t> packet, bool v6, Datagram& out);

// Equal for both directions between two hosts, whatever the ports.
std::uint64_t hosts_hash(const IpAddress& a, const IpAddress& b);
// The same of the outermost IP addresses of a frame: frames that belong to one stream or one
// fragmented packet have the same. A frame without gets one of its last bytes.
std::uint64_t hosts_hash(LinkType link, std::span<const std::uint8_t> frame);

}  // namespace dnstorm::capture::packet
