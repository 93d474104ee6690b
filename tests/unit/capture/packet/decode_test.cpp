#include "capture/packet/decode.hpp"

#include <gtest/gtest.h>

namespace dnstorm::capture::packet {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
Bytes raw(std::initializer_list<int> values) {
  Bytes out;
  for (int value : values) out.push_back(static_cast<std::uint8_t>(value));
  return out;
}
Bytes u16(std::size_t v) { return raw({int(v >> 8 & 0xff), int(v & 0xff)}); }

const Bytes payload = raw({'d', 'n', 's', '!', '!'});

// Source port 4000, destination port 53.
Bytes udp(const Bytes& data = payload, int length = -1) {
  return u16(4000) + u16(53) + u16(length < 0 ? data.size() + 8 : std::size_t(length)) + u16(0) +
         data;
}
Bytes tcp(const Bytes& data = payload) {
  return u16(4000) + u16(53) + Bytes(8, 0) + raw({0x50, 0x18}) + Bytes(6, 0) + data;
}

struct Ipv4 {
  int protocol = 17;
  int fragment = 0;
  int length = -1;
  Bytes options = {};
};
Bytes ipv4(const Bytes& data, const Ipv4& ip = {}) {
  std::size_t header = 20 + ip.options.size();
  std::size_t length = ip.length < 0 ? header + data.size() : std::size_t(ip.length);
  return raw({int(0x40 | header / 4), 0}) + u16(length) + u16(7) + u16(std::size_t(ip.fragment)) +
         raw({61, ip.protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2}) + ip.options + data;
}
Bytes ipv6(const Bytes& data, int next = 17, int length = -1) {
  Bytes source = raw({0x20, 1, 0x0d, 0xb8}) + Bytes(11, 0) + raw({1});
  Bytes target = raw({0x20, 1, 0x0d, 0xb8}) + Bytes(11, 0) + raw({2});
  return raw({0x60, 0, 0, 0}) + u16(length < 0 ? data.size() : std::size_t(length)) +
         raw({next, 62}) + source + target + data;
}
Bytes ethernet(std::size_t type, const Bytes& data) { return Bytes(12, 2) + u16(type) + data; }
Bytes tag(std::size_t next) { return u16(7) + u16(next); }
Bytes fragment_header(int next, int offset_and_more) {
  return raw({next, 0}) + u16(std::size_t(offset_and_more)) + Bytes(4, 9);
}

// The payload lies in the frame: it holds as long as that.
Verdict verdict_of(LinkType link, const Bytes& frame, Datagram& out, std::size_t missing = 0) {
  return decode(link, frame, static_cast<std::uint32_t>(frame.size() + missing), out);
}

struct Row {
  const char* what;
  LinkType link;
  Bytes frame;
  Verdict verdict = Verdict::udp;
  std::size_t missing = 0;  // bytes that the capture cut off
};

const Bytes v4 = ipv4(udp());
const Bytes v6 = ipv6(udp());

Bytes labels(int count) {
  Bytes out;
  for (int i = 1; i <= count; ++i) out = out + raw({0, 1, i == count ? 1 : 0, 64});
  return out;
}
Bytes gre(const Bytes& data) { return ipv4(data, {.protocol = 47}); }
Bytes in_udp(std::size_t port, const Bytes& data) {
  return ipv4(u16(4000) + u16(port) + u16(data.size() + 8) + u16(0) + data);
}
Bytes nested(int tunnels) {
  Bytes packet = v4;
  for (int i = 0; i < tunnels; ++i) packet = ipv4(packet, {.protocol = 4});
  return packet;
}

// Rows that give the same datagram: from port 4000 to 53, `payload`.
const Row whole_rows[] = {
    {"Ethernet, IPv4", LinkType::ethernet, ethernet(0x0800, v4)},
    {"Ethernet, IPv6", LinkType::ethernet, ethernet(0x86dd, v6)},
    {"padded to 60 bytes", LinkType::ethernet, ethernet(0x0800, v4) + Bytes(13, 0)},
    {"IPv6, padded", LinkType::ethernet, ethernet(0x86dd, v6) + Bytes(4, 0xff)},
    {"802.1Q", LinkType::ethernet, ethernet(0x8100, tag(0x0800) + v4)},
    {"QinQ", LinkType::ethernet, ethernet(0x88a8, tag(0x8100) + tag(0x86dd) + v6)},
    {"old QinQ", LinkType::ethernet, ethernet(0x9100, tag(0x8100) + tag(0x0800) + v4)},
    {"MPLS", LinkType::ethernet, ethernet(0x8847, labels(2) + v4)},
    {"MPLS, IPv6", LinkType::ethernet, ethernet(0x8847, labels(1) + v6)},
    {"Ethernet in MPLS", LinkType::ethernet,
     ethernet(0x8847, labels(1) + Bytes(4, 0) + ethernet(0x0800, v4))},
    {"IPv4 in IPv4", LinkType::raw, ipv4(v4, {.protocol = 4})},
    {"IPv6 in IPv4", LinkType::raw, ipv4(v6, {.protocol = 41})},
    {"IPv4 in IPv6", LinkType::raw, ipv6(v4, 4)},
    {"IPv6 in IPv6", LinkType::raw, ipv6(v6, 41)},
    {"four tunnels", LinkType::raw, nested(4)},
    {"GRE", LinkType::raw, gre(raw({0, 0, 8, 0}) + v4)},
    {"GRE with checksum, key and number", LinkType::raw,
     gre(raw({0xb0, 0, 0x86, 0xdd}) + Bytes(12, 7) + v6)},
    {"Ethernet in GRE", LinkType::raw, gre(raw({0, 0, 0x65, 0x58}) + ethernet(0x0800, v4))},
    {"MPLS in GRE", LinkType::raw, gre(raw({0, 0, 0x88, 0x47}) + labels(1) + v4)},
    {"PPTP", LinkType::raw,
     gre(raw({0x30, 0x81, 0x88, 0x0b}) + Bytes(12, 0) + raw({0xff, 3, 0, 0x21}) + v4)},
    {"ERSPAN I", LinkType::raw, gre(raw({0, 0, 0x88, 0xbe}) + ethernet(0x0800, v4))},
    {"ERSPAN II", LinkType::raw,
     gre(raw({0x10, 0, 0x88, 0xbe}) + Bytes(4, 0) + raw({0x10}) + Bytes(7, 0) +
         ethernet(0x0800, v4))},
    {"ERSPAN III", LinkType::raw,
     gre(raw({0x10, 0, 0x22, 0xeb}) + Bytes(4, 0) + raw({0x20}) + Bytes(11, 0) +
         ethernet(0x0800, v4))},
    {"ERSPAN III with a subheader", LinkType::raw,
     gre(raw({0x10, 0, 0x22, 0xeb}) + Bytes(4, 0) + raw({0x20}) + Bytes(10, 0) + raw({1}) +
         Bytes(8, 0) + ethernet(0x0800, v4))},
    {"VXLAN", LinkType::raw, in_udp(4789, raw({8, 0, 0, 0, 0, 0, 9, 0}) + ethernet(0x0800, v4))},
    {"GRE in UDP", LinkType::raw, in_udp(4754, raw({0, 0, 8, 0}) + v4)},
    {"MPLS in UDP", LinkType::raw, in_udp(6635, labels(1) + v4)},
    {"Teredo", LinkType::raw, in_udp(3544, v6)},
    {"PPPoE", LinkType::ethernet, ethernet(0x8864, raw({0x11, 0, 0, 1, 0, 50, 0, 0x21}) + v4)},
    {"PPPoE, IPv6", LinkType::ethernet,
     ethernet(0x8864, raw({0x11, 0, 0, 1, 0, 50, 0, 0x57}) + v6)},
    {"Linux cooked", LinkType::linux_sll, Bytes(14, 0) + u16(0x0800) + v4},
    {"Linux cooked with a tag", LinkType::linux_sll, Bytes(14, 0) + u16(0x8100) + tag(0x0800) + v4},
    {"Linux cooked 2", LinkType::linux_sll2, u16(0x86dd) + Bytes(18, 0) + v6},
    {"raw IPv4", LinkType::raw, v4},
    {"raw IPv6", LinkType::raw, v6},
    {"raw, live number", LinkType::raw_bsd, v4},
    {"raw, OpenBSD", LinkType::raw_openbsd, v6},
    {"IPv4 only", LinkType::ipv4, v4},
    {"IPv6 only", LinkType::ipv6, v6},
    {"loopback, big-endian", LinkType::loop, raw({0, 0, 0, 2}) + v4},
    {"null, little-endian", LinkType::null, raw({2, 0, 0, 0}) + v4},
    {"null, Linux IPv6", LinkType::null, raw({10, 0, 0, 0}) + v6},
    {"null, NetBSD IPv6", LinkType::null, raw({24, 0, 0, 0}) + v6},
    {"null, FreeBSD IPv6", LinkType::null, raw({28, 0, 0, 0}) + v6},
    {"null, macOS IPv6", LinkType::null, raw({30, 0, 0, 0}) + v6},
    {"null, big-endian IPv6", LinkType::null, raw({0, 0, 0, 30}) + v6},
    {"IPv4 with options", LinkType::raw, ipv4(udp(), {.options = Bytes(40, 1)})},
    {"IPv4, don't fragment", LinkType::raw, ipv4(udp(), {.fragment = 0x4000})},
    {"IPv4, length 0 (offload)", LinkType::raw, ipv4(udp(), {.length = 0})},
    {"UDP shorter than IP", LinkType::raw, ipv4(udp() + Bytes(3, 7))},
    {"hop by hop", LinkType::raw, ipv6(raw({17, 0}) + Bytes(6, 0) + udp(), 0)},
    {"three extensions", LinkType::raw,
     ipv6(raw({43, 0}) + Bytes(6, 0) + raw({60, 1}) + Bytes(14, 0) + raw({17, 0}) + Bytes(6, 0) +
              udp(),
          0)},
    {"authentication header", LinkType::raw, ipv6(raw({17, 4}) + Bytes(22, 0) + udp(), 51)},
    {"atomic fragment", LinkType::raw, ipv6(fragment_header(17, 0) + udp(), 44)},
    {"snap length cut the padding", LinkType::ethernet, ethernet(0x0800, v4), Verdict::udp, 10},
};

TEST(Decode, EveryLinkLayerLeadsToTheDatagram) {
  for (const Row& row : whole_rows) {
    SCOPED_TRACE(row.what);
    Datagram datagram;
    EXPECT_EQ(to_string(verdict_of(row.link, row.frame, datagram, row.missing)), "udp");
    EXPECT_EQ(format_ip(datagram.src), datagram.v6 ? "2001:db8::1" : "192.0.2.1");
    EXPECT_EQ(format_ip(datagram.dst), datagram.v6 ? "2001:db8::2" : "198.51.100.2");
    EXPECT_EQ(datagram.ttl, datagram.v6 ? 62 : 61);
    EXPECT_EQ(datagram.src_port, 4000);
    EXPECT_EQ(datagram.dst_port, 53);
    EXPECT_EQ(datagram.protocol, 17);
    EXPECT_TRUE(datagram.has_ports);
    EXPECT_EQ(Bytes(datagram.payload.begin(), datagram.payload.end()), payload);
  }
}

Bytes many_tags(int tags) {
  Bytes frame = Bytes(12, 2);
  for (int i = 0; i < tags; ++i) frame = frame + u16(0x8100) + u16(7);
  return frame + u16(0x0800) + v4;
}
Bytes many_extensions(int extensions) {
  Bytes data;
  for (int i = 0; i < extensions; ++i)
    data = data + raw({i + 1 == extensions ? 17 : 60, 0}) + Bytes(6, 0);
  return ipv6(data + udp(), 60);
}

const Row other_rows[] = {
    {"TCP", LinkType::raw, ipv4(tcp(), {.protocol = 6}), Verdict::tcp},
    {"TCP over IPv6", LinkType::raw, ipv6(tcp(), 6), Verdict::tcp},
    {"ICMP", LinkType::raw, ipv4(payload, {.protocol = 1}), Verdict::icmp},
    {"ICMPv6", LinkType::raw, ipv6(payload, 58), Verdict::icmp},
    {"ICMPv6 over IPv4", LinkType::raw, ipv4(payload, {.protocol = 58}), Verdict::other_protocol},
    {"GRE", LinkType::raw, ipv4(payload, {.protocol = 47}), Verdict::other_protocol},
    {"no next header", LinkType::raw, ipv6({}, 59), Verdict::other_protocol},
    {"first fragment", LinkType::raw, ipv4(udp(), {.fragment = 0x2000}), Verdict::fragment},
    {"last fragment", LinkType::raw, ipv4(udp(), {.fragment = 0x0010}), Verdict::fragment},
    {"first IPv6 fragment", LinkType::raw, ipv6(fragment_header(17, 1) + udp(), 44),
     Verdict::fragment},
    {"last IPv6 fragment", LinkType::raw, ipv6(fragment_header(17, 8) + udp(), 44),
     Verdict::fragment},
    {"ARP", LinkType::ethernet, ethernet(0x0806, Bytes(28, 0)), Verdict::not_ip},
    {"802.3 length", LinkType::ethernet, ethernet(38, Bytes(38, 0)), Verdict::not_ip},
    {"PPPoE control", LinkType::ethernet, ethernet(0x8864, raw({0x11, 0, 0, 1, 0, 2, 0xc0, 0x21})),
     Verdict::not_ip},
    {"null, no IP", LinkType::null, raw({7, 0, 0, 0}) + v4, Verdict::not_ip},
    {"raw, version 5", LinkType::raw, raw({0x50, 0, 0, 0}), Verdict::not_ip},
    {"unknown link", static_cast<LinkType>(147), v4, Verdict::unknown_link},
    {"empty Ethernet", LinkType::ethernet, {}, Verdict::malformed_link},
    {"half an Ethernet header", LinkType::ethernet, Bytes(13, 0), Verdict::malformed_link},
    {"half a tag", LinkType::ethernet, ethernet(0x8100, Bytes(3, 0)), Verdict::malformed_link},
    {"half a PPPoE header", LinkType::ethernet, ethernet(0x8864, Bytes(7, 0)),
     Verdict::malformed_link},
    {"nine tags", LinkType::ethernet, many_tags(9), Verdict::malformed_link},
    {"half a cooked header", LinkType::linux_sll, Bytes(15, 0), Verdict::malformed_link},
    {"half a cooked 2 header", LinkType::linux_sll2, Bytes(19, 0), Verdict::malformed_link},
    {"half a family", LinkType::null, Bytes(3, 0), Verdict::malformed_link},
    {"empty raw", LinkType::raw, {}, Verdict::malformed_link},
    {"IPv4 of 19 bytes", LinkType::ipv4, Bytes(19, 0x45), Verdict::malformed_ip},
    {"IPv4 of version 6", LinkType::ipv4, v6, Verdict::malformed_ip},
    {"IPv4 header of 16", LinkType::raw, raw({0x44}) + Bytes(v4.begin() + 1, v4.end()),
     Verdict::malformed_ip},
    {"IPv4 length below header", LinkType::raw, ipv4(udp(), {.length = 19}), Verdict::malformed_ip},
    {"IPv4 length beyond frame", LinkType::raw, ipv4(udp(), {.length = 34}), Verdict::malformed_ip},
    {"IPv4 options beyond frame", LinkType::raw,
     raw({0x4f, 0}) + u16(0) + Bytes(v4.begin() + 4, v4.end()), Verdict::malformed_ip},
    {"IPv6 of 39 bytes", LinkType::ipv6, Bytes(39, 0x60), Verdict::malformed_ip},
    {"IPv6 length beyond frame", LinkType::raw, ipv6(udp(), 17, 14), Verdict::malformed_ip},
    {"extension beyond packet", LinkType::raw, ipv6(raw({17, 9}) + Bytes(6, 0) + udp(), 0),
     Verdict::malformed_ip},
    {"half an extension", LinkType::raw, ipv6(Bytes(7, 0), 0), Verdict::malformed_ip},
    {"sixteen extensions", LinkType::raw, many_extensions(16), Verdict::malformed_ip},
    {"TCP of 3 bytes", LinkType::raw, ipv4(Bytes(3, 0), {.protocol = 6}), Verdict::malformed_tcp},
    {"TCP header beyond its packet", LinkType::raw,
     ipv4(raw({0, 9, 0, 53}) + Bytes(8, 0) + raw({0x60, 2}) + Bytes(6, 0), {.protocol = 6}),
     Verdict::malformed_tcp},
    {"five tunnels", LinkType::raw, nested(5), Verdict::nested_too_deep},
    {"half a GRE header", LinkType::raw, ipv4(raw({0x20, 0, 8, 0}), {.protocol = 47}),
     Verdict::malformed_link},
    {"GRE with source routes", LinkType::raw, ipv4(raw({0x40, 0, 8, 0}) + v4, {.protocol = 47}),
     Verdict::other_protocol},
    {"seventeen labels", LinkType::ethernet, ethernet(0x8847, labels(17) + v4),
     Verdict::malformed_link},
    {"UDP of 7 bytes", LinkType::raw, ipv4(Bytes(7, 0)), Verdict::malformed_udp},
    {"UDP length 0", LinkType::raw, ipv4(udp(payload, 0)), Verdict::malformed_udp},
    {"UDP length 7", LinkType::raw, ipv4(udp(payload, 7)), Verdict::malformed_udp},
    {"UDP length beyond IP", LinkType::raw, ipv4(udp(payload, 14)), Verdict::malformed_udp},
    {"UDP length beyond IPv6", LinkType::raw, ipv6(udp(payload, 14)), Verdict::malformed_udp},
};

TEST(Decode, EverythingElseIsToldApart) {
  for (const Row& row : other_rows) {
    Datagram datagram;
    EXPECT_EQ(to_string(verdict_of(row.link, row.frame, datagram)), to_string(row.verdict))
        << row.what;
  }
}

TEST(Decode, FifteenExtensionsAndEightTagsAreStillRead) {
  Datagram datagram;
  EXPECT_EQ(verdict_of(LinkType::raw, many_extensions(15), datagram), Verdict::udp);
  EXPECT_EQ(verdict_of(LinkType::ethernet, many_tags(8), datagram), Verdict::udp);
}

TEST(Decode, EveryVerdictIsReached) {
  std::set<Verdict> reached = {Verdict::udp, Verdict::truncated};
  for (const Row& row : other_rows) reached.insert(row.verdict);
  EXPECT_EQ(reached.size(), verdict_count);
}

TEST(Decode, TcpHasAddressesPortsAndPayload) {
  Bytes frame = ipv4(tcp(), {.protocol = 6});
  Datagram datagram;
  ASSERT_EQ(verdict_of(LinkType::raw, frame, datagram), Verdict::tcp);
  EXPECT_TRUE(datagram.has_ports);
  EXPECT_EQ(datagram.dst_port, 53);
  EXPECT_EQ(format_ip(datagram.src), "192.0.2.1");
  EXPECT_EQ(Bytes(datagram.payload.begin(), datagram.payload.end()), payload);
}

TEST(Decode, FragmentHasAddressesButNoPorts) {
  Datagram datagram;
  ASSERT_EQ(verdict_of(LinkType::raw, ipv6(fragment_header(17, 1) + udp(), 44), datagram),
            Verdict::fragment);
  EXPECT_FALSE(datagram.has_ports);
  EXPECT_EQ(datagram.protocol, 17);
  EXPECT_EQ(format_ip(datagram.dst), "2001:db8::2");
}

// A frame cut by the snap length at any place is truncated, never malformed; what is cut without
// one is never whole.
TEST(Decode, EveryCutIsTruncatedByTheSnapLengthAndMalformedWithout) {
  for (const Row& row : whole_rows) {
    if (row.missing > 0) continue;
    Datagram datagram;
    ASSERT_EQ(verdict_of(row.link, row.frame, datagram), Verdict::udp);
    auto end =
        static_cast<std::size_t>(datagram.payload.data() + payload.size() - row.frame.data());
    bool offload = std::string_view(row.what).find("offload") != std::string_view::npos;
    for (std::size_t size = 0; size < end && !offload; ++size) {
      Bytes cut(row.frame.begin(), row.frame.begin() + std::ptrdiff_t(size));
      cut.shrink_to_fit();
      EXPECT_EQ(to_string(verdict_of(row.link, cut, datagram, row.frame.size() - size)),
                "truncated")
          << row.what << " at " << size;
      EXPECT_NE(verdict_of(row.link, cut, datagram), Verdict::udp) << row.what << " at " << size;
    }
  }
}

TEST(Decode, TruncatedPayloadIsHandedOutAsFarAsItGoes) {
  Bytes cut(v4.begin(), v4.end() - 2);
  Datagram datagram;
  ASSERT_EQ(verdict_of(LinkType::raw, cut, datagram, 2), Verdict::truncated);
  EXPECT_TRUE(datagram.has_ports);
  EXPECT_EQ(datagram.dst_port, 53);
  EXPECT_EQ(datagram.payload.size(), payload.size() - 2);
}

TEST(Decode, NothingOfTheLastFrameIsLeft) {
  Datagram datagram;
  ASSERT_EQ(verdict_of(LinkType::raw, v6, datagram), Verdict::udp);
  ASSERT_EQ(verdict_of(LinkType::ethernet, ethernet(0x0806, Bytes(28, 0)), datagram),
            Verdict::not_ip);
  EXPECT_EQ(datagram.src, IpAddress{});
  EXPECT_EQ(datagram.src_port, 0);
  EXPECT_FALSE(datagram.has_ports || datagram.v6);
  EXPECT_TRUE(datagram.payload.empty());
}

TEST(Decode, LinkTypesHaveNames) {
  EXPECT_EQ(to_string(LinkType::linux_sll2), "linux_sll2");
  EXPECT_EQ(to_string(static_cast<LinkType>(147)), "link type 147");
}

TEST(Decode, ADatagramWithATunnelsPortByChanceIsADatagram) {
  Datagram datagram;
  for (std::size_t port : {4789u, 4754u, 6635u, 3544u}) {
    Bytes dns = raw({0x12, 0x34, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1});
    Bytes frame = in_udp(port, dns);
    ASSERT_EQ(verdict_of(LinkType::raw, frame, datagram), Verdict::udp) << port;
    EXPECT_EQ(datagram.dst_port, port);
    EXPECT_EQ(Bytes(datagram.payload.begin(), datagram.payload.end()), dns);
    EXPECT_EQ(datagram.tunnels, 0);
  }
}

TEST(Decode, ATunnelThatTheSnapLengthCutIsTruncated) {
  Bytes packet = gre(raw({0, 0, 8, 0}) + v4);
  Datagram datagram;
  for (std::size_t kept = 1; kept < packet.size(); ++kept) {
    Bytes frame(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(kept));
    ASSERT_EQ(verdict_of(LinkType::raw, frame, datagram, packet.size() - kept), Verdict::truncated)
        << kept;
  }
}

TEST(Decode, ReadsTheHeaderOfASegment) {
  Datagram datagram;
  Bytes segment = u16(4000) + u16(53) + raw({1, 2, 3, 4, 5, 6, 7, 8, 0x60, 0x12}) + Bytes(6, 0) +
                  Bytes(4, 9) + payload;
  Bytes frame = ipv4(segment, {.protocol = 6});
  ASSERT_EQ(verdict_of(LinkType::raw, frame, datagram), Verdict::tcp);
  EXPECT_EQ(datagram.tcp.seq, 0x01020304u);
  EXPECT_EQ(datagram.tcp.ack_number, 0x05060708u);
  EXPECT_EQ(datagram.tcp.flags, TcpHeader::syn | TcpHeader::ack);
  EXPECT_EQ(datagram.tcp.length, payload.size());
  EXPECT_EQ(Bytes(datagram.payload.begin(), datagram.payload.end()), payload);
}

TEST(Decode, ReadsWhatAnErrorQuotes) {
  Datagram datagram;
  Bytes quoted(v4.begin(), v4.end() - 2);
  ASSERT_EQ(decode_quote(quoted, false, datagram), Verdict::truncated);
  EXPECT_EQ(datagram.dst_port, 53);
  EXPECT_EQ(datagram.payload.size(), payload.size() - 2);
}

TEST(HostsHash, IsTheSameBothWaysAndForAllFragments) {
  Bytes there = ethernet(0x0800, v4), back = there;
  std::swap_ranges(back.begin() + 26, back.begin() + 30, back.begin() + 30);
  EXPECT_EQ(hosts_hash(LinkType::ethernet, there), hosts_hash(LinkType::ethernet, back));
  Bytes fragment = ethernet(0x8100, tag(0x0800) + ipv4(payload, {.fragment = 0x0010}));
  EXPECT_EQ(hosts_hash(LinkType::ethernet, there), hosts_hash(LinkType::ethernet, fragment));
  Datagram datagram;
  verdict_of(LinkType::ethernet, there, datagram);
  EXPECT_EQ(hosts_hash(LinkType::ethernet, there), hosts_hash(datagram.src, datagram.dst));
  Bytes other = there;
  other[33] ^= 1;
  EXPECT_NE(hosts_hash(LinkType::ethernet, there), hosts_hash(LinkType::ethernet, other));
}

}  // namespace
}  // namespace dnstorm::capture::packet
