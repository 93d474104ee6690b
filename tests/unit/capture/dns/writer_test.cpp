#include "capture/dns/writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dnstorm::capture::dns {
namespace {

using testing::ElementsAre;
using Bytes = std::vector<std::uint8_t>;

Bytes copy(MessageWriter::Bytes bytes) { return {bytes.begin(), bytes.end()}; }
Bytes tail(MessageWriter::Bytes bytes, std::size_t from) { return copy(bytes.subspan(from)); }

TEST(EncodeName, WritesLabelsWithTheirLengths) {
  auto name = encode_name("www.Ab.c");
  ASSERT_TRUE(name);
  EXPECT_THAT(copy(name->wire()), ElementsAre(3, 'w', 'w', 'w', 2, 'A', 'b', 1, 'c', 0));
  EXPECT_EQ(name->label_count, 3);
}

TEST(EncodeName, TakesTheRootAndAFinalDot) {
  EXPECT_THAT(copy(encode_name(".")->wire()), ElementsAre(0));
  EXPECT_THAT(copy(encode_name("")->wire()), ElementsAre(0));
  EXPECT_EQ(copy(encode_name("a.b.")->wire()), copy(encode_name("a.b")->wire()));
}

TEST(EncodeName, ReadsEscapes) {
  EXPECT_THAT(copy(encode_name("a\\.b.\\000\\255")->wire()),
              ElementsAre(3, 'a', '.', 'b', 2, 0, 255, 0));
}

TEST(EncodeName, RefusesWhatIsNotAName) {
  for (std::string text : {"a..b", ".a", "..", "a\\", "a\\2", "a\\25x", "a\\256"})
    EXPECT_FALSE(encode_name(text)) << text;
  EXPECT_TRUE(encode_name(std::string(63, 'x')));
  EXPECT_FALSE(encode_name(std::string(64, 'x')));
}

TEST(EncodeName, HoldsTheLongestNameAndNoLonger) {
  std::string label = std::string(63, 'x') + ".";
  std::string longest = label + label + label + std::string(61, 'y');
  ASSERT_TRUE(encode_name(longest));
  EXPECT_EQ(encode_name(longest)->size, 255);
  EXPECT_FALSE(encode_name(longest + "y"));
  std::string labels;
  for (int i = 0; i < 127; ++i) labels += "a.";
  ASSERT_TRUE(encode_name(labels));
  EXPECT_EQ(encode_name(labels)->label_count, 127);
  EXPECT_FALSE(encode_name(labels + "a"));
}

TEST(MessageWriter, WritesHeaderAndQuestion) {
  MessageWriter w;
  auto wire =
      w.begin(0x1234, MessageWriter::rd | MessageWriter::opcode(4)).question("a.b", 28).finish();
  EXPECT_THAT(copy(wire), ElementsAre(0x12, 0x34, 0x21, 0, 0, 1, 0, 0, 0, 0, 0, 0,  //
                                      1, 'a', 1, 'b', 0, 0, 28, 0, 1));
}

TEST(MessageWriter, CompressesSuffixesThatStandAlready) {
  MessageWriter w;
  w.begin(1, MessageWriter::qr).question("w.example.com", 1);
  std::size_t answers = w.size();
  auto wire = w.cname("w.example.com", 5, "v.example.com").finish();
  EXPECT_THAT(tail(wire, answers), ElementsAre(0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 5, 0, 4,  //
                                               1, 'v', 0xc0, 14));
  EXPECT_EQ(wire[7], 1);
}

TEST(MessageWriter, KeepsTheCaseOfLetters) {
  MessageWriter w;
  w.begin(1, MessageWriter::qr).question("ab.Com", 1);
  std::size_t answers = w.size();
  auto wire = w.ns("ab.com", 5, "aB.Com").finish();
  EXPECT_THAT(tail(wire, answers),
              ElementsAre(2, 'a', 'b', 3, 'c', 'o', 'm', 0, 0, 2, 0, 1, 0, 0, 0, 5, 0, 5,  //
                          2, 'a', 'B', 0xc0, 15));
}

TEST(MessageWriter, WritesNewerTypesAndOnRequestAllWithoutPointers) {
  MessageWriter w;
  w.begin(1, MessageWriter::qr).question("a.b", 33);
  std::size_t answers = w.size();
  auto wire = w.srv("a.b", 0, 1, 2, 3, "a.b").finish();
  EXPECT_THAT(tail(wire, answers), ElementsAre(0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 0, 0, 11,  //
                                               0, 1, 0, 2, 0, 3, 1, 'a', 1, 'b', 0));
  wire = w.compression(false).begin(1, 0).question("a.b", 1).ns("a.b", 0, "a.b").finish();
  EXPECT_EQ(wire.size(), 12U + 9 + 15 + 5);
}

TEST(MessageWriter, CountsSections) {
  MessageWriter w;
  auto wire = w.begin(1, MessageWriter::qr)
                  .question("a.b", 1)
                  .a("a.b", 1, {192, 0, 2, 1})
                  .a("a.b", 1, {192, 0, 2, 2})
                  .authority()
                  .ns("b", 1, "n.b")
                  .additional()
                  .a("n.b", 1, {192, 0, 2, 3})
                  .edns(1232)
                  .finish();
  EXPECT_THAT(copy(wire.subspan(4, 8)), ElementsAre(0, 1, 0, 2, 0, 1, 0, 2));
  wire = w.begin(1, 0).question("a.b", 1).lie_about_count(1, 700).finish();
  EXPECT_THAT(copy(wire.subspan(4, 8)), ElementsAre(0, 1, 2, 188, 0, 0, 0, 0));
}

TEST(MessageWriter, WritesEdnsWithItsOptions) {
  MessageWriter w;
  const std::uint8_t client[] = {1, 2, 3, 4, 5, 6, 7, 8};
  w.begin(1, 0).question(".", 2);
  std::size_t opt = w.size();
  auto wire = w.edns(4096, MessageWriter::edns_do, 1)
                  .client_subnet(*parse_ip("198.51.255.255"), 18)
                  .cookie(client)
                  .extended_error(22, "x")
                  .finish();
  EXPECT_THAT(tail(wire, opt),
              ElementsAre(0, 0, 41, 16, 0, 1, 0, 0x80, 0, 0, 30,  //
                          0, 8, 0, 7, 0, 1, 18, 0, 198, 51, 192,  //
                          0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 15, 0, 3, 0, 22, 'x'));
}

TEST(MessageWriter, CutsAClientSubnetOfIpv6) {
  MessageWriter w;
  w.begin(1, 0);
  auto wire = w.edns(512).client_subnet(*parse_ip("2001:db8:ffff:ffff::1"), 56, 48).finish();
  EXPECT_THAT(tail(wire, 12 + 11),
              ElementsAre(0, 8, 0, 11, 0, 2, 56, 48, 0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 0xff));
}

TEST(MessageWriter, WritesTypeBitmapsInWindows) {
  MessageWriter w;
  const std::uint16_t types[] = {1, 15, 46, 47, 1234};  // RFC 4034 4.3's example
  w.begin(1, 0).record("a", 47, 0);
  std::size_t at = w.size();
  auto wire = w.type_bitmap(types).finish();
  Bytes expected = {0, 6, 0x40, 0x01, 0, 0, 0, 0x03, 4, 27};
  expected.resize(expected.size() + 26);
  expected.push_back(0x20);
  EXPECT_EQ(tail(wire, at), expected);
}

TEST(MessageWriter, WritesSignedRecords) {
  MessageWriter w;
  const std::uint8_t bytes[] = {7, 8};
  const std::uint16_t types[] = {1};
  w.begin(1, 0);
  auto wire =
      w.rrsig(".", 9,
              {.covered = 6,
               .algorithm = 8,
               .labels = 0,
               .original_ttl = 3,
               .expiration = 4,
               .inception = 5,
               .key_tag = 6,
               .signer = "."},
              bytes)
          .ds(".", 9, 1, 2, 3, bytes)
          .nsec3(".", 9, {.flags = 1, .iterations = 5, .salt = bytes, .next_hash = bytes}, types)
          .finish();
  EXPECT_THAT(tail(wire, 12), ElementsAre(0, 0, 46, 0, 1, 0, 0, 0, 9, 0, 21, 0, 6, 8, 0, 0, 0, 0, 3,
                                          0, 0, 0, 4, 0, 0, 0, 5, 0, 6, 0, 7, 8,               //
                                          0, 0, 43, 0, 1, 0, 0, 0, 9, 0, 6, 0, 1, 2, 3, 7, 8,  //
                                          0, 0, 50, 0, 1, 0, 0, 0, 9, 0, 13, 1, 1, 0, 5, 2, 7, 8, 2,
                                          7, 8, 0, 1, 0x40));
}

TEST(MessageWriter, StartsAnewWithEachMessage) {
  MessageWriter w;
  Bytes first = copy(w.begin(1, 0).question("a.b", 1).edns(1232).finish());
  w.begin(9, 0).question("other.name", 1).lie_about_count(0, 5).finish();
  EXPECT_EQ(copy(w.begin(1, 0).question("a.b", 1).edns(1232).finish()), first);
}

TEST(MessageWriterDeathTest, RefusesWrongUse) {
  MessageWriter w;
  EXPECT_DEATH(w.begin(1, 0).question("a..b", 1), "not a domain name");
  EXPECT_DEATH(w.begin(1, 0).additional().authority(), "sections go forward only");
}

}  // namespace
}  // namespace dnstorm::capture::dns
