#include "capture/synth/fragment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/packet/decode.hpp"
#include "capture/packet/fragments.hpp"
#include "engine/base/cursor.hpp"

namespace dnstorm::capture::synth {
namespace {

using packet::Fragments;

Endpoints ends_of(bool v6) {
  if (v6) return {*parse_ip("2001:db8::53"), *parse_ip("2001:db8::1"), 53, 1024};
  return {*parse_ip("198.18.0.53"), *parse_ip("10.1.2.3"), 53, 5353};
}

Frame datagram(bool v6, std::size_t size) {
  Frame payload(size), frame;
  for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  build_udp(ends_of(v6), payload, frame);
  return frame;
}

packet::Datagram decoded(const Frame& frame, packet::Verdict expected) {
  packet::Datagram datagram;
  packet::Verdict verdict = packet::decode(packet::LinkType::ethernet, frame,
                                           static_cast<std::uint32_t>(frame.size()), datagram);
  EXPECT_EQ(verdict, expected) << to_string(verdict);
  return datagram;
}

class FragmentFamilies : public testing::TestWithParam<bool> {};

TEST_P(FragmentFamilies, IsPutTogetherAgainFromItsFragmentsInAnyOrder) {
  for (std::size_t size : {1473U, 1480U, 2900U, 4000U, 20000U}) {
    Frame whole = datagram(GetParam(), size);
    std::uint32_t count = fragment_count(whole, 1500);
    ASSERT_GT(count, 1U);
    Fragments fragments({});
    Frame frame;
    for (std::uint32_t i = 0; i < count; ++i) {
      build_fragment(whole, 1500, 77, (i + 1) % count, frame);
      EXPECT_LE(frame.size(), ethernet_header + 1500);
      packet::Datagram part = decoded(frame, packet::Verdict::fragment);
      EXPECT_EQ(part.fragment.id, 77U);
      std::span<const std::uint8_t> packet;
      auto added = fragments.add(0, part, 0, packet);
      ASSERT_EQ(added, i + 1 < count ? Fragments::Added::kept : Fragments::Added::complete);
      if (i + 1 < count) continue;
      ASSERT_EQ(packet::decode_payload(packet, part), packet::Verdict::udp);
      std::span<const std::uint8_t> sent = decoded(whole, packet::Verdict::udp).payload;
      EXPECT_TRUE(std::equal(part.payload.begin(), part.payload.end(), sent.begin(), sent.end()));
    }
  }
}

TEST_P(FragmentFamilies, FitsAsItIsUpToTheMtu) {
  std::size_t headers = (GetParam() ? ipv6_header : ipv4_header) + udp_header;
  EXPECT_EQ(fragment_count(datagram(GetParam(), 1500 - headers), 1500), 1U);
  EXPECT_EQ(fragment_count(datagram(GetParam(), 1501 - headers), 1500), 2U);
}

INSTANTIATE_TEST_SUITE_P(Families, FragmentFamilies, testing::Bool(),
                         [](const auto& v6) { return v6.param ? "IPv6" : "IPv4"; });

TEST(Fragment, HasTheHeaderOfRfc791) {
  Frame whole = datagram(false, 3000), frame;
  ASSERT_EQ(fragment_count(whole, 1500), 3U);
  for (std::uint32_t i = 0; i < 3; ++i) {
    build_fragment(whole, 1500, 0x12345, i, frame);
    ByteSpan header = ByteSpan(frame).subspan(ethernet_header, ipv4_header);
    EXPECT_EQ(load_be16(header.data() + 2), frame.size() - ethernet_header);
    EXPECT_EQ(load_be16(header.data() + 4), 0x2345);
    EXPECT_EQ(load_be16(header.data() + 6), (i < 2 ? 0x2000U : 0U) | i * 185U);
    EXPECT_EQ(internet_checksum(header), 0);
  }
}

TEST(Fragment, HasTheHeaderOfRfc8200) {
  Frame whole = datagram(true, 3000), frame;
  for (std::uint32_t i = 0; i < 3; ++i) {
    build_fragment(whole, 1500, 0x12345678, i, frame);
    const std::uint8_t* ip = frame.data() + ethernet_header;
    EXPECT_EQ(load_be16(ip + 4), frame.size() - ethernet_header - ipv6_header);
    EXPECT_EQ(ip[6], 44);
    EXPECT_EQ(ip[ipv6_header], 17);
    EXPECT_EQ(load_be16(ip + ipv6_header + 2), i * 1448U | (i < 2 ? 1U : 0U));
    EXPECT_EQ(load_be16(ip + ipv6_header + 4), 0x1234);
    EXPECT_EQ(load_be16(ip + ipv6_header + 6), 0x5678);
  }
}

TEST(Fragment, KeepsToTheLeastMtuOfIpv6) {
  EXPECT_EQ(fragment_count(datagram(false, 1200), 576), 3U);
  EXPECT_EQ(fragment_count(datagram(true, 1200), 576), 1U);
  EXPECT_EQ(fragment_count(datagram(true, 1280), 576), 2U);
}

TEST(FragmentDeathTest, IsNotBuiltBeyondTheLast) {
  Frame whole = datagram(false, 3000), frame;
  EXPECT_DEATH(build_fragment(whole, 1500, 1, 3, frame), "there is no such fragment");
}

}  // namespace
}  // namespace dnstorm::capture::synth
