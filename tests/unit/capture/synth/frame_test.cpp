#include "capture/synth/frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/packet/decode.hpp"

namespace dnstorm::capture::synth {
namespace {

const std::uint8_t payload[] = {'o', 'd', 'd'};

Endpoints v4_ends() { return {*parse_ip("10.1.2.3"), *parse_ip("198.18.0.53"), 5353, 53}; }
Endpoints v6_ends() { return {*parse_ip("2001:db8::1"), *parse_ip("2001:db8::53"), 1024, 53}; }

packet::Datagram decoded(const Frame& frame, packet::Verdict expected) {
  packet::Datagram datagram;
  packet::Verdict verdict = packet::decode(packet::LinkType::ethernet, frame,
                                           static_cast<std::uint32_t>(frame.size()), datagram);
  EXPECT_EQ(verdict, expected) << to_string(verdict);
  return datagram;
}

// The sum over pseudo header and segment is 0 when the checksum in it is right.
std::uint16_t transport_sum(const Frame& frame, std::size_t ip_header, std::size_t addresses,
                            std::size_t address_bytes, std::uint32_t protocol) {
  ByteSpan bytes(frame);
  ByteSpan segment = bytes.subspan(ethernet_header + ip_header);
  std::vector<std::uint8_t> all(
      bytes.begin() + static_cast<std::ptrdiff_t>(ethernet_header + addresses),
      bytes.begin() + static_cast<std::ptrdiff_t>(ethernet_header + addresses + address_bytes));
  all.insert(all.end(), segment.begin(), segment.end());
  return internet_checksum(all, protocol + static_cast<std::uint32_t>(segment.size()));
}

TEST(Frame, HasTheChecksumOfRfc1071) {
  const std::uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};  // RFC 1071 3
  EXPECT_EQ(internet_checksum(example), static_cast<std::uint16_t>(~0xddf2));
}

TEST(Frame, CarriesUdpOverIpv4) {
  Frame frame;
  build_udp(v4_ends(), payload, frame);
  EXPECT_EQ(frame.size(), ethernet_header + ipv4_header + udp_header + 3);
  packet::Datagram datagram = decoded(frame, packet::Verdict::udp);
  EXPECT_EQ(format_ip(datagram.src), "10.1.2.3");
  EXPECT_EQ(format_ip(datagram.dst), "198.18.0.53");
  EXPECT_EQ(datagram.src_port, 5353);
  EXPECT_EQ(datagram.dst_port, 53);
  EXPECT_THAT(datagram.payload, testing::ElementsAre('o', 'd', 'd'));
  EXPECT_THAT(udp_payload(frame), testing::ElementsAre('o', 'd', 'd'));
  EXPECT_EQ(internet_checksum(ByteSpan(frame).subspan(ethernet_header, ipv4_header)), 0);
  EXPECT_EQ(transport_sum(frame, ipv4_header, 12, 8, 17), 0);
}

TEST(Frame, CarriesUdpOverIpv6) {
  Frame frame;
  build_udp(v6_ends(), payload, frame);
  packet::Datagram datagram = decoded(frame, packet::Verdict::udp);
  EXPECT_TRUE(datagram.v6);
  EXPECT_EQ(format_ip(datagram.src), "2001:db8::1");
  EXPECT_THAT(datagram.payload, testing::ElementsAre('o', 'd', 'd'));
  EXPECT_THAT(udp_payload(frame), testing::ElementsAre('o', 'd', 'd'));
  EXPECT_EQ(transport_sum(frame, ipv6_header, 8, 32, 17), 0);
}

TEST(Frame, WritesAChecksumOfZeroAsAllOnes) {
  Frame frame;
  for (unsigned value = 0; value < 65536; ++value) {
    const std::uint8_t two[] = {static_cast<std::uint8_t>(value >> 8U),
                                static_cast<std::uint8_t>(value)};
    build_udp(v4_ends(), two, frame);
    ASSERT_FALSE(frame[40] == 0 && frame[41] == 0) << value;
  }
}

TEST(Frame, ReversesAnExchange) {
  Endpoints back = v4_ends().reversed();
  EXPECT_EQ(format_ip(back.src), "198.18.0.53");
  EXPECT_EQ(back.src_port, 53);
  EXPECT_EQ(back.dst_port, 5353);
}

TEST(Frame, BuildsTheOtherProtocols) {
  Frame frame;
  build_tcp(v4_ends(), {.sequence = 1}, {}, frame);
  EXPECT_EQ(decoded(frame, packet::Verdict::tcp).dst_port, 53);
  EXPECT_EQ(transport_sum(frame, ipv4_header, 12, 8, 6), 0);
  build_tcp(v6_ends(), {.flags = tcp_ack}, payload, frame);
  EXPECT_EQ(decoded(frame, packet::Verdict::tcp).payload.size(), 3U);
  build_echo(v6_ends(), 1, 2, frame);
  decoded(frame, packet::Verdict::icmp);
  EXPECT_EQ(transport_sum(frame, ipv6_header, 8, 32, 58), 0);
  build_unreachable(v4_ends(), payload, frame);
  decoded(frame, packet::Verdict::icmp);
  EXPECT_EQ(internet_checksum(ByteSpan(frame).subspan(ethernet_header + ipv4_header)), 0);
  build_arp(*parse_ip("10.0.0.1"), *parse_ip("10.0.0.2"), frame);
  decoded(frame, packet::Verdict::not_ip);
}

TEST(FrameDeathTest, RefusesToMixFamilies) {
  Frame frame;
  Endpoints ends = v4_ends();
  ends.dst = v6_ends().dst;
  EXPECT_DEATH(build_udp(ends, payload, frame), "IPv4 speaks to IPv6");
}

}  // namespace
}  // namespace dnstorm::capture::synth
