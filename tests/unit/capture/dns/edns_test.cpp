#include "capture/dns/edns.hpp"

#include <gtest/gtest.h>

#include "capture/dns/codes.hpp"
#include "capture/dns/message.hpp"
#include "tests/unit/capture/dns/wire.hpp"

namespace dnstorm::capture::dns {
namespace {

using test::bytes;
using test::Bytes;
using test::u16;

struct OptionRow {
  const char* what;
  unsigned code;
  Bytes data;
  const char* text;
};

const OptionRow option_rows[] = {
    {"ECS of IPv4", 8, bytes({0, 1, 24, 0, 192, 0, 2}), "ECS 192.0.2.0/24/0"},
    {"ECS of IPv6", 8, bytes({0, 2, 56, 48, 0x20, 1, 0x0d, 0xb8, 0, 0, 0}), "ECS 2001:db8::/56/48"},
    {"ECS that says nothing", 8, bytes({0, 1, 0, 0}), "ECS 0.0.0.0/0/0"},
    {"ECS with bits beyond the prefix", 8, bytes({0, 1, 20, 0, 192, 0, 0xff}),
     "ECS 192.0.240.0/20/0"},
    {"ECS that is too long", 8, bytes({0, 1, 24, 0, 192, 0, 2, 1}), "ECS 00011800c0000201"},
    {"ECS of prefix 33", 8, bytes({0, 1, 33, 0, 1, 2, 3, 4, 5}), "ECS 000121000102030405"},
    {"cookie of a client", 10, bytes({1, 2, 3, 4, 5, 6, 7, 8}), "COOKIE 0102030405060708"},
    {"NSID", 3, bytes("ns1"), "NSID 6e7331 (ns1)"},
    {"NSID asked for", 3, {}, "NSID"},
    {"EDE", 15, u16(18) + bytes("no\n"), "EDE 18 Prohibited: no\\010"},
    {"EDE of the future", 15, u16(999), "EDE 999"},
    {"padding", 12, Bytes(12, 0), "PADDING 12"},
    {"keepalive", 11, u16(300), "KEEPALIVE 300"},
    {"keepalive asked for", 11, {}, "KEEPALIVE"},
    {"unknown", 65001, bytes({1, 2}), "OPT65001 0102"},
};

TEST(Edns, OptionsHaveText) {
  for (const OptionRow& row : option_rows) {
    EdnsOption option{static_cast<std::uint16_t>(row.code), row.data};
    EXPECT_EQ(option_text(option), row.text) << row.what;
  }
}

TEST(Edns, CookiesAreOfAllowedLengthOnly) {
  for (std::size_t size = 0; size <= 48; ++size) {
    Bytes data(size, 1);
    auto cookie = parse_cookie({edns_option::cookie, data});
    EXPECT_EQ(cookie.has_value(), size == 8 || (size >= 16 && size <= 40)) << size;
    if (cookie) {
      EXPECT_EQ(cookie->client.size(), 8u);
      EXPECT_EQ(cookie->server.size(), size - 8);
    }
  }
}

TEST(Edns, ReadersLookAtTheCode) {
  Bytes data = bytes({0, 1, 24, 0, 192, 0, 2});
  EXPECT_FALSE(parse_client_subnet({edns_option::nsid, data}).has_value());
  EXPECT_FALSE(parse_extended_error({edns_option::nsid, data}).has_value());
  EXPECT_FALSE(parse_keepalive({edns_option::nsid, {}}).has_value());
}

TEST(Edns, OptionsOfAMessageAreFoundByCode) {
  Bytes options =
      test::option(8, bytes({0, 1, 0, 0})) + test::option(10, Bytes(8, 7)) + test::option(12, {});
  Bytes wire = test::header(0, 0, 0, 0, 1) + test::opt(options, 0x00018000, 4096);
  Message message;
  ASSERT_EQ(parse(wire, message), ParseError::none);
  EXPECT_EQ(message.edns.version, 1);
  EXPECT_EQ(message.edns.udp_size, 4096);
  EXPECT_EQ(message.edns.flags, 0x8000);
  ASSERT_EQ(message.edns.options.size(), 3u);
  ASSERT_NE(message.edns.find(10), nullptr);
  EXPECT_EQ(message.edns.find(10)->data.size(), 8u);
  EXPECT_NE(message.edns.find(12), nullptr);
  EXPECT_EQ(message.edns.find(3), nullptr);
}

}  // namespace
}  // namespace dnstorm::capture::dns
