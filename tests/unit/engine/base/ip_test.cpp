#include "engine/base/ip.hpp"

#include <gtest/gtest.h>

namespace dnstorm {
namespace {

TEST(Ip, TextBothWays) {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1",
                           "2001:db8:0:1:1:1:1:1", "fe80::", "1:2:3:4:5:6:7:8"}) {
    auto ip = parse_ip(text);
    ASSERT_TRUE(ip.has_value()) << text;
    EXPECT_EQ(format_ip(*ip), text);
  }
}

TEST(Ip, MappedAddressesAreIpv4) {
  EXPECT_TRUE(parse_ip("192.0.2.1")->is_v4());
  EXPECT_FALSE(parse_ip("2001:db8::1")->is_v4());
  EXPECT_FALSE(parse_ip("::192.0.2.1")->is_v4());
  EXPECT_EQ(parse_ip("::ffff:192.0.2.1"), parse_ip("192.0.2.1"));
  EXPECT_EQ(format_ip(*parse_ip("::ffff:192.0.2.1")), "192.0.2.1");
}

TEST(Ip, FromBytes) {
  const std::uint8_t four[] = {10, 0, 0, 1};
  EXPECT_EQ(format_ip(IpAddress::v4(four)), "10.0.0.1");
  const std::uint8_t sixteen[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x35};
  EXPECT_EQ(format_ip(IpAddress::v6(sixteen)), "2001:db8::35");
}

TEST(Ip, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", ":::", "2001:db8::g",
                           "example.com", "1.2.3.4/24"})
    EXPECT_FALSE(parse_ip(text).has_value()) << text;
}

TEST(Ip, OrderIsThatOfTheBytes) {
  EXPECT_LT(*parse_ip("9.9.9.9"), *parse_ip("10.0.0.0"));
  EXPECT_LT(*parse_ip("10.0.0.1"), *parse_ip("2001:db8::"));
}

}  // namespace
}  // namespace dnstorm
