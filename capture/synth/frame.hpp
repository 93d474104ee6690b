// Builds Ethernet frames with right lengths and checksums (RFC 791, 8200, 768, 9293, 792, 4443,
// 826). IPv4 or IPv6 is told by the addresses, which must be of one kind. Each function replaces
// what `frame` held and keeps its memory. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/ip.hpp"

namespace dnstorm::capture::synth {

using Frame = std::vector<std::uint8_t>;
using ByteSpan = std::span<const std::uint8_t>;

inline constexpr std::size_t ethernet_header = 14;
inline constexpr std::size_t ipv4_header = 20;
inline constexpr std::size_t ipv6_header = 40;
inline constexpr std::size_t udp_header = 8;

struct Endpoints {
  IpAddress src;
  IpAddress dst;
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint8_t ttl = 64;  // TTL or hop limit
  Endpoints reversed() const { return {dst, src, dst_port, src_port, ttl}; }
};

inline constexpr std::uint8_t tcp_fin = 0x01, tcp_syn = 0x02, tcp_push = 0x08, tcp_ack = 0x10;
struct TcpFields {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::uint8_t flags = tcp_syn;
  std::uint16_t segment_max = 1460;  // announced with a SYN
};

void build_udp(const Endpoints& ends, ByteSpan payload, Frame& frame);
ByteSpan udp_payload(ByteSpan frame);  // of one of build_udp()
void build_tcp(const Endpoints& ends, const TcpFields& tcp, ByteSpan payload, Frame& frame);
void build_echo(const Endpoints& ends, std::uint16_t id, std::uint16_t sequence, Frame& frame);
// Port unreachable, quoting an IP packet (a frame of build_udp() without its Ethernet header).
void build_unreachable(const Endpoints& ends, ByteSpan quoted, Frame& frame);
void build_arp(const IpAddress& sender, const IpAddress& wanted, Frame& frame);

// The Internet checksum (RFC 1071) of these bytes: 0 when they contain a right one.
std::uint16_t internet_checksum(ByteSpan bytes, std::uint32_t sum = 0);

}  // namespace dnstorm::capture::synth
