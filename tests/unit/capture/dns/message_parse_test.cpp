#include "capture/dns/message_parse.hpp"

#include <gtest/gtest.h>

#include "capture/dns/codes.hpp"
#include "capture/dns/message.hpp"
#include "capture/dns/rdata.hpp"
#include "capture/dns/rdata_parse.hpp"

namespace dnstorm::capture::dns {
namespace {

// The records' data of one type, from text to wire and back.
std::string again(std::uint16_t type, std::string_view text) {
  std::vector<std::uint8_t> data;
  if (!parse_rdata(type, text, data)) return "refused";
  MessageWriter writer;
  auto wire = writer.begin(1, MessageWriter::qr).record("x", type, 60).bytes(data).finish();
  Message message;
  if (parse(wire, message) != ParseError::none) return "malformed";
  return rdata_text(message, message.records[0]);
}

TEST(ParseRdata, GivesBackWhatIsWritten) {
  const std::pair<std::uint16_t, std::string> texts[] = {
      {type::a, "192.0.2.1"},
      {type::aaaa, "2001:db8::1"},
      {type::ns, "ns1.example."},
      {type::mx, "10 mail.example."},
      {type::soa, "ns.example. admin.example. 1 2 3 4 5"},
      {type::txt, R"("a b" "c\"d\\" "\200")"},
      {type::srv, "1 2 5060 sip.example."},
      {type::ds, "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118"},
      {type::rrsig, "A 13 3 30 20261205174222 20261121161222 20686 example. AQIDBA=="},
      {type::nsec, "host.example. A MX RRSIG NSEC TYPE1234"},
      {type::nsec3, "1 1 12 aabbccdd 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG"},
      {type::nsec3, "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR"},
      {type::dnskey, "257 3 13 AQIDBAU="},
      {type::caa, "0 issue \"ca.example\""},
      {type::tlsa, "3 1 1 d2abde24"},
      {type::https,
       "1 . alpn=\"h2,h3\" port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1"},
      {65280, "\\# 3 010203"},
  };
  for (const auto& [type, text] : texts) EXPECT_EQ(again(type, text), text);
}

TEST(ParseRdata, RefusesWhatIsNotOfTheType) {
  EXPECT_EQ(again(type::a, "2001:db8::1"), "refused");
  EXPECT_EQ(again(type::a, "192.0.2.1 more"), "refused");
  EXPECT_EQ(again(type::mx, "65536 mail."), "refused");
  EXPECT_EQ(again(type::ns, "a..b"), "refused");
  EXPECT_EQ(again(type::txt, ""), "refused");
  EXPECT_EQ(again(type::txt, std::string(256, 'x')), "refused");
  EXPECT_EQ(again(type::txt, "\\256"), "refused");
  EXPECT_EQ(again(type::dnskey, "257 3 13 A"), "refused");
  EXPECT_EQ(again(type::rrsig, "A 13 3 30 20261305174222 20261121161222 1 x. AQ=="), "refused");
  EXPECT_EQ(again(65280, "words"), "refused");
  EXPECT_EQ(again(65280, "\\# 4 010203"), "refused");
}

class Text : public ::testing::Test {
 protected:
  // Whether the lines are a message; it is in `message` then.
  bool read(std::initializer_list<std::string_view> lines) {
    parser_.begin();
    for (std::string_view line : lines) parser_.line(line);
    auto wire = parser_.finish();
    return wire && parse(*wire, message) == ParseError::none;
  }
  Message message;

 private:
  MessageParser parser_;
};

constexpr std::string_view header = ";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id:  7037";

TEST_F(Text, OfBindHasFlagsEdnsAndSections) {
  ASSERT_TRUE(read(
      {header, ";; flags: qr rd ra    ; QUESTION: 1, ANSWER: 1, AUTHORITY: 1",
       ";; OPT PSEUDOSECTION:", "; EDNS: version: 0, flags: do; udp: 1232",
       "; CLIENT-SUBNET: 192.0.2.0/24/0", "; COOKIE: 0102030405060708 (good)",
       "; EDE: 20 (Not Authoritative): (why)", ";; QUESTION SECTION:", ";WwW.example.\t\tIN\tTXT",
       "", ";; ANSWER SECTION:", "www.example.\t\t60\tIN\tCNAME\ta.example.",
       "\t\t\t60 IN A 192.0.2.1", ";; AUTHORITY SECTION:", "example. 5 IN SOA . . 1 2 3 4 5"}));
  EXPECT_EQ(message.id, 7037);
  EXPECT_TRUE(message.qr && message.rd && message.ra && !message.aa && !message.tc);
  EXPECT_EQ(rcode_text(message.rcode), "NXDOMAIN");
  EXPECT_EQ(message.qname, "www.example");
  EXPECT_EQ(message.qtype, type::txt);
  EXPECT_TRUE(message.edns.dnssec_ok);
  for (std::uint16_t code : {edns_option::ecs, edns_option::cookie, edns_option::ede})
    EXPECT_NE(message.edns.find(code), nullptr) << code;
  ASSERT_GE(message.records.size(), 3U);
  EXPECT_EQ(to_text(message, message.records[1]), "www.example. 60 IN A 192.0.2.1");
}

TEST_F(Text, OfLdnsHasOptionsAsOctetsAndNoQuestionAsASemicolon) {
  ASSERT_TRUE(read({";; ->>HEADER<<- opcode: QUERY, rcode: NOTIMPL, id: 1",
                    ";; flags: qr tc ; QUERY: 0", ";; QUESTION SECTION:", ";", ";; ANSWER SECTION:",
                    "x. 60 IN DNSKEY 256 3 8 AQID ;{id = 21643 (zsk), size = 24b}",
                    ";; ADDITIONAL SECTION:", ";; EDNS: version 0; flags: ; udp: 512",
                    ";; Data: \\# 6 000f00020014"}));
  EXPECT_EQ(message.rcode, rcode::notimp);
  EXPECT_TRUE(message.tc);
  EXPECT_NE(message.edns.find(edns_option::ede), nullptr);
  EXPECT_EQ(rdata_text(message, message.records[0]), "256 3 8 AQID");
}

TEST_F(Text, KeepsRecordsOfUnknownTypesWithoutData) {
  ASSERT_TRUE(read({header, ";; ANSWER SECTION:", "x. 60 IN X25 words"}));
  EXPECT_EQ(rdata_text(message, message.records[0]), "\\# 0");
}

TEST_F(Text, ThatIsNoMessageIsRefused) {
  EXPECT_FALSE(read({}));
  EXPECT_FALSE(read({";; QUESTION SECTION:", ";x. IN A"}));
  EXPECT_FALSE(read({";; opcode: QUERY, status: WHAT, id: 1"}));
  EXPECT_FALSE(read({";; opcode: QUERY, status: NOERROR, id: 65536"}));
  EXPECT_FALSE(read({header, header}));
  EXPECT_FALSE(read({header, ";; QUESTION SECTION:", ";a..b IN A"}));
  EXPECT_FALSE(read({header, "x. 1 IN A 192.0.2.1"}));
  EXPECT_FALSE(read({header, ";; ADDITIONAL SECTION:", "x. 1 IN A 192.0.2.1",
                     ";; ANSWER SECTION:", "x. 1 IN A 192.0.2.1"}));
  EXPECT_FALSE(read({";; opcode: QUERY, status: BADVERS, id: 1"}));  // the code needs OPT
}

TEST(MessageParser, StopsAtTheLongestMessage) {
  MessageParser parser;
  parser.begin();
  parser.line(header);
  parser.line(";; ANSWER SECTION:");
  for (int i = 0; i < 70'000; ++i) parser.line("a.example. 1 IN A 192.0.2.1");
  EXPECT_FALSE(parser.finish().has_value());
  parser.begin();
  parser.line(header);
  EXPECT_TRUE(parser.finish().has_value());
}

}  // namespace
}  // namespace dnstorm::capture::dns
