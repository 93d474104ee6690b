// Texts and bytes are the examples of the RFCs named beside them where those have one.
#include "capture/dns/rdata.hpp"

#include <gtest/gtest.h>

#include "capture/dns/codes.hpp"
#include "tests/unit/capture/dns/wire.hpp"

namespace dnstorm::capture::dns {
namespace {

using namespace test;  // NOLINT: the vocabulary of this file

// A response with one record; the Message points into `wire`.
struct Answer {
  Bytes wire;
  Message message;
  ParseError error;

  Answer(unsigned type, const Bytes& rdata, unsigned dns_class = 1)
      : wire(header(0x8000, 1, 1) + question("example.com", type) +
             record(to_question, type, rdata, dns_class)),
        error(parse(wire, message)) {}
  const Record& record_() const { return message.records.at(0); }
};

Bytes from_hex(std::string_view hex) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

struct TextRow {
  const char* what;
  unsigned type;
  Bytes rdata;
  const char* text;
};

const TextRow text_rows[] = {
    {"A", type::a, bytes({192, 0, 2, 1}), "192.0.2.1"},
    {"AAAA, RFC 5952", type::aaaa, from_hex("20010db8000000000000000000000001"), "2001:db8::1"},
    {"NS with a pointer", type::ns, bytes({3, 'n', 's', '1', 0xc0, 12}), "ns1.example.com."},
    {"CNAME keeps letters", type::cname, name("WwW.Example.org"), "WwW.Example.org."},
    {"PTR to the root", type::ptr, bytes({0}), "."},
    {"DNAME", type::dname, name("a.example"), "a.example."},
    {"SOA", type::soa,
     name("ns") + name("host\\.master") + u32(2024010101) + u32(7200) + u32(3600) + u32(1209600) +
         u32(300),
     "ns. host\\\\.master. 2024010101 7200 3600 1209600 300"},
    {"MX", type::mx, u16(10) + name("mx.example"), "10 mx.example."},
    {"TXT", type::txt, bytes("\5hello\0\7say \"x\\"), "\"hello\" \"\" \"say \\\"x\\\\\""},
    {"TXT with bytes", type::txt, bytes({3, 0, ' ', 255}), "\"\\000 \\255\""},
    {"SRV", type::srv, u16(1) + u16(2) + u16(5060) + name("sip.example"), "1 2 5060 sip.example."},
    {"DS, RFC 4034 5.4", type::ds,
     u16(60485) + bytes({5, 1}) + from_hex("2BB183AF5F22588179A53B0A98631FAD1A292118"),
     "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118"},
    {"CDS delete, RFC 8078 4", type::cds, bytes({0, 0, 0, 0, 0}), "0 0 0 00"},
    {"RRSIG, RFC 4034 3.3", type::rrsig,
     u16(1) + bytes({5, 3}) + u32(86400) + u32(1048354263) + u32(1045762263) + u16(2642) +
         name("example.com") + bytes("\1\2\3\4\5"),
     "A 5 3 86400 20030322173103 20030220173103 2642 example.com. AQIDBAU="},
    {"NSEC, RFC 4034 4.3", type::nsec,
     name("host.example.com") + from_hex("0006400100000003") + bytes({4, 0x1b}) + Bytes(26, 0) +
         bytes({0x20}),
     "host.example.com. A MX RRSIG NSEC TYPE1234"},
    {"NSEC3, RFC 5155 appendix B.1", type::nsec3,
     bytes({1, 1, 0, 12}) + bytes({4}) + from_hex("aabbccdd") + bytes({20}) +
         bytes({23,  78,  178, 64,  159, 226, 139, 203, 72,  135,
                161, 131, 111, 149, 127, 10,  132, 37,  226, 123}) +
         from_hex("000722010000000290"),
     "1 1 12 aabbccdd 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA MX RRSIG DNSKEY NSEC3PARAM"},
    {"DNSKEY", type::dnskey, u16(257) + bytes({3, 8}) + bytes("abcd"), "257 3 8 YWJjZA=="},
    {"SVCB alias, RFC 9460 D.1", type::https, u16(0) + name("foo.example.com"),
     "0 foo.example.com."},
    {"SVCB without parameters, D.2", type::svcb, u16(1) + bytes({0}), "1 ."},
    {"SVCB with port, D.2", type::svcb,
     u16(16) + name("foo.example.com") + u16(3) + u16(2) + u16(53), "16 foo.example.com. port=53"},
    {"SVCB with a generic key, D.2", type::svcb,
     u16(1) + name("foo.example.com") + u16(667) + u16(5) + bytes("hello"),
     "1 foo.example.com. key667=\"hello\""},
    {"SVCB with hints, D.2", type::svcb,
     u16(1) + name("foo.example.com") + u16(6) + u16(32) +
         from_hex("20010db8000000000000000000000001"
                  "20010db8000000000000000000530001"),
     "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1"},
    {"SVCB with mandatory keys, D.2", type::svcb,
     u16(16) + name("foo.example.org") + u16(0) + u16(4) + u16(1) + u16(4) + u16(1) + u16(9) +
         bytes("\2h2\5h3-19") + u16(4) + u16(4) + bytes({192, 0, 2, 1}),
     "16 foo.example.org. mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1"},
    {"SVCB with an odd alpn, D.2", type::svcb,
     u16(16) + name("foo.example.org") + u16(1) + u16(12) + bytes("\10f\\oo,bar\2h2"),
     "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\""},
    {"HTTPS with flags", type::https,
     u16(1) + bytes({0}) + u16(1) + u16(3) + bytes("\2h2") + u16(2) + u16(0),
     "1 . alpn=\"h2\" no-default-alpn"},
    {"CAA, RFC 8659 4.2", type::caa, bytes({0, 5}) + bytes("issue") + bytes("ca.example.net"),
     "0 issue \"ca.example.net\""},
    {"TLSA", type::tlsa, bytes({3, 1, 1, 0xab, 0xcd}), "3 1 1 abcd"},
    {"unknown type, RFC 3597 5", 731, from_hex("abcdef01"), "\\# 4 abcdef01"},
    {"unknown type, empty", 731, {}, "\\# 0"},
};

TEST(Rdata, TextIsZoneFileForm) {
  for (const TextRow& row : text_rows) {
    Answer answer(row.type, row.rdata);
    ASSERT_EQ(answer.error, ParseError::none) << row.what;
    EXPECT_EQ(rdata_text(answer.message, answer.record_()), row.text) << row.what;
  }
}

TEST(Rdata, WholeRecordIsOneLine) {
  Answer answer(type::a, bytes({192, 0, 2, 1}));
  EXPECT_EQ(to_text(answer.message, answer.record_()), "example.com. 300 IN A 192.0.2.1");
}

TEST(Rdata, KeyTagIsThatOfTheRfc) {
  // The key of RFC 4034 5.4.
  Bytes key = from_hex(
      "01039e8a247418e318903b215a848acfd5f37f026bd4062db26c774c690968d5d56df8bfda91e6f3"
      "6d9a279888f41333357c5e6029990d10fdf5663062a512763326980a615ddbf17a05ddfcce7e5fb3"
      "abcca05a31b0957452d4521e83870789063115bf97f6c308ccf57cdc9ce7fe10f6ed1bd0cc066003"
      "8c50dcdb0feb963c2f17");
  Bytes rdata = u16(256) + bytes({3, 5}) + key;
  Answer answer(type::dnskey, rdata);
  auto parsed = parse_dnskey(answer.message, answer.record_());
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->flags, 256);
  EXPECT_EQ(parsed->key.size(), key.size());
  EXPECT_EQ(parsed->key_tag, 60485);
}

TEST(Rdata, BrokenDataAndOtherTypesGiveNothing) {
  Answer broken(type::mx, u16(10));
  ASSERT_EQ(broken.error, ParseError::rdata_malformed);
  EXPECT_FALSE(parse_mx(broken.message, broken.record_()).has_value());
  EXPECT_EQ(rdata_text(broken.message, broken.record_()), "\\# 2 000a");
  EXPECT_FALSE(parse_srv(broken.message, broken.record_()).has_value());
}

TEST(Rdata, AddressesAreOfTheInternetClassOnly) {
  Answer chaos(type::a, bytes({192, 0, 2, 1}), dns_class::ch);
  EXPECT_EQ(parse_address(chaos.message, chaos.record_()), std::nullopt);
  EXPECT_EQ(rdata_text(chaos.message, chaos.record_()), "\\# 4 c0000201");
}

TEST(Rdata, ViewsHoldTheFields) {
  Answer srv(type::srv, u16(1) + u16(2) + u16(5060) + bytes({3, 's', 'i', 'p', 0xc0, 12}));
  auto parsed = parse_srv(srv.message, srv.record_());
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->priority, 1);
  EXPECT_EQ(parsed->weight, 2);
  EXPECT_EQ(parsed->port, 5060);
  EXPECT_EQ(parsed->target, "sip.example.com");

  Answer txt(type::txt, bytes("\1a\0\2bc"));
  EXPECT_EQ(parse_txt(txt.message, txt.record_()), (std::vector<std::string_view>{"a", "", "bc"}));

  Answer svcb(type::https, u16(1) + bytes({0}) + u16(3) + u16(2) + u16(8443));
  auto https = parse_svcb(svcb.message, svcb.record_());
  ASSERT_TRUE(https.has_value());
  EXPECT_EQ(https->priority, 1);
  EXPECT_EQ(https->target, ".");
  ASSERT_EQ(https->params.size(), 1u);
  EXPECT_EQ(https->params[0].key, 3);
}

}  // namespace
}  // namespace dnstorm::capture::dns
