#include "capture/synth/frame.hpp"

#include <cstring>

#include "engine/base/assert.hpp"

namespace dnstorm::capture::synth {

namespace {

constexpr std::uint8_t proto_icmp = 1, proto_tcp = 6, proto_udp = 17, proto_icmp6 = 58;
// Locally administered addresses of "the router" and "the server".
constexpr std::uint8_t mac_router[] = {0x02, 0, 0, 0, 0, 0x01};
constexpr std::uint8_t mac_server[] = {0x02, 0, 0, 0, 0, 0x53};

void put(Frame& frame, ByteSpan bytes) { frame.insert(frame.end(), bytes.begin(), bytes.end()); }
void put8(Frame& frame, unsigned value) { frame.push_back(static_cast<std::uint8_t>(value)); }
void put16(Frame& frame, unsigned value) {
  const std::uint8_t raw[] = {static_cast<std::uint8_t>(value >> 8U),
                              static_cast<std::uint8_t>(value)};
  put(frame, raw);
}
void put32(Frame& frame, std::uint32_t value) {
  put16(frame, value >> 16U);
  put16(frame, value & 0xffffU);
}
void set16(Frame& frame, std::size_t at, std::uint16_t value) {
  frame[at] = static_cast<std::uint8_t>(value >> 8U);
  frame[at + 1] = static_cast<std::uint8_t>(value);
}

ByteSpan v4_bytes(const IpAddress& ip) { return ByteSpan(ip.bytes).subspan(12); }

void put_ethernet(Frame& frame, unsigned ether_type, bool to_server) {
  frame.clear();
  put(frame, to_server ? mac_server : mac_router);
  put(frame, to_server ? mac_router : mac_server);
  put16(frame, ether_type);
}

// Ethernet and IP headers for `size` bytes of `protocol`.
void put_ip(Frame& frame, const Endpoints& ends, std::uint8_t protocol, std::size_t size) {
  DNSTORM_ASSERT(ends.src.is_v4() == ends.dst.is_v4(), "IPv4 speaks to IPv6");
  bool to_server = ends.dst_port == 53;
  if (!ends.src.is_v4()) {
    put_ethernet(frame, 0x86dd, to_server);
    put32(frame, 0x60000000U);
    put16(frame, static_cast<unsigned>(size));
    put8(frame, protocol);
    put8(frame, ends.ttl);
    put(frame, ends.src.bytes);
    put(frame, ends.dst.bytes);
    return;
  }
  put_ethernet(frame, 0x0800, to_server);
  put16(frame, 0x4500);
  put16(frame, static_cast<unsigned>(ipv4_header + size));
  put32(frame, 0x00004000U);  // identification 0, do not fragment (RFC 6864: atomic)
  put8(frame, ends.ttl);
  put8(frame, protocol);
  put16(frame, 0);
  put(frame, v4_bytes(ends.src));
  put(frame, v4_bytes(ends.dst));
  set16(frame, ethernet_header + 10,
        internet_checksum(ByteSpan(frame).subspan(ethernet_header, ipv4_header)));
}

std::uint32_t sum_words(ByteSpan bytes) {
  std::uint32_t sum = 0;
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum += (unsigned{bytes[i]} << 8U) | bytes[i + 1];
  if (i < bytes.size()) sum += unsigned{bytes[i]} << 8U;
  return sum;
}

// The transport's checksum: pseudo header and all that stands in the frame after IP.
std::uint16_t transport_checksum(const Frame& frame, const Endpoints& ends, std::uint8_t protocol) {
  bool v4 = ends.src.is_v4();
  std::size_t start = ethernet_header + (v4 ? ipv4_header : ipv6_header);
  ByteSpan segment = ByteSpan(frame).subspan(start);
  std::uint32_t sum = protocol + static_cast<std::uint32_t>(segment.size());
  sum += sum_words(v4 ? v4_bytes(ends.src) : ByteSpan(ends.src.bytes));
  sum += sum_words(v4 ? v4_bytes(ends.dst) : ByteSpan(ends.dst.bytes));
  return internet_checksum(segment, sum);
}

void put_icmp(const Endpoints& ends, unsigned type_v4, unsigned type_v6, unsigned code,
              std::uint32_t rest, ByteSpan body, Frame& frame) {
  bool v4 = ends.src.is_v4();
  put_ip(frame, ends, v4 ? proto_icmp : proto_icmp6, 8 + body.size());
  std::size_t start = frame.size();
  put8(frame, v4 ? type_v4 : type_v6);
  put8(frame, code);
  put16(frame, 0);
  put32(frame, rest);
  put(frame, body);
  set16(frame, start + 2,
        v4 ? internet_checksum(ByteSpan(frame).subspan(start))
           : transport_checksum(frame, ends, proto_icmp6));
}

}  // namespace

std::uint16_t internet_checksum(ByteSpan bytes, std::uint32_t sum) {
  sum += sum_words(bytes);
  sum = (sum & 0xffffU) + (sum >> 16U);
  sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

void build_udp(const Endpoints& ends, ByteSpan payload, Frame& frame) {
  std::size_t size = udp_header + payload.size();
  put_ip(frame, ends, proto_udp, size);
  std::size_t start = frame.size();
  put16(frame, ends.src_port);
  put16(frame, ends.dst_port);
  put16(frame, static_cast<unsigned>(size));
  put16(frame, 0);
  put(frame, payload);
  std::uint16_t checksum = transport_checksum(frame, ends, proto_udp);
  set16(frame, start + 6, checksum == 0 ? 0xffff : checksum);  // RFC 768: 0 means none
}

ByteSpan udp_payload(ByteSpan frame) {
  std::size_t ip_header = frame[ethernet_header] >> 4U == 4 ? ipv4_header : ipv6_header;
  return frame.subspan(ethernet_header + ip_header + udp_header);
}

void build_tcp(const Endpoints& ends, const TcpFields& tcp, ByteSpan payload, Frame& frame) {
  bool syn = (tcp.flags & tcp_syn) != 0;
  std::size_t header = syn ? 24 : 20;
  put_ip(frame, ends, proto_tcp, header + payload.size());
  std::size_t start = frame.size();
  put16(frame, ends.src_port);
  put16(frame, ends.dst_port);
  put32(frame, tcp.sequence);
  put32(frame, tcp.acknowledged);
  put8(frame, static_cast<unsigned>(header / 4 << 4U));
  put8(frame, tcp.flags);
  put16(frame, 64240);
  put32(frame, 0);                                       // checksum, urgent pointer
  if (syn) put32(frame, 0x02040000U | tcp.segment_max);  // RFC 9293 3.7.1
  put(frame, payload);
  set16(frame, start + 16, transport_checksum(frame, ends, proto_tcp));
}

void build_echo(const Endpoints& ends, std::uint16_t id, std::uint16_t sequence, Frame& frame) {
  static constexpr std::uint8_t body[48] = {};
  put_icmp(ends, 8, 128, 0, (std::uint32_t{id} << 16U) | sequence, body, frame);
}

void build_unreachable(const Endpoints& ends, ByteSpan quoted, Frame& frame) {
  bool v4 = ends.src.is_v4();
  put_icmp(ends, 3, 1, v4 ? 3 : 4, 0, quoted, frame);
}

void build_arp(const IpAddress& sender, const IpAddress& wanted, Frame& frame) {
  put_ethernet(frame, 0x0806, true);
  for (std::size_t i = 0; i < 6; ++i) frame[i] = 0xff;  // broadcast
  put16(frame, 1);
  put16(frame, 0x0800);
  put16(frame, 0x0604);
  put16(frame, 1);  // request
  put(frame, mac_router);
  put(frame, v4_bytes(sender));
  static constexpr std::uint8_t unknown[6] = {};
  put(frame, unknown);
  put(frame, v4_bytes(wanted));
}

}  // namespace dnstorm::capture::synth
