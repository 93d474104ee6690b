#include "capture/dns/codes.hpp"

#include <gtest/gtest.h>

namespace dnstorm::capture::dns {
namespace {

TEST(Codes, TypesHaveTheirRegisteredNames) {
  EXPECT_EQ(type_text(1), "A");
  EXPECT_EQ(type_text(28), "AAAA");
  EXPECT_EQ(type_text(65), "HTTPS");
  EXPECT_EQ(type_text(255), "ANY");
  EXPECT_EQ(type_text(32769), "DLV");
  EXPECT_EQ(type_text(65534), "TYPE65534");
  EXPECT_EQ(type_text(0), "TYPE0");
}

TEST(Codes, OtherTablesFallBackToNumbers) {
  EXPECT_EQ(class_text(3), "CH");
  EXPECT_EQ(class_text(77), "CLASS77");
  EXPECT_EQ(opcode_text(5), "UPDATE");
  EXPECT_EQ(opcode_text(7), "OPCODE7");
  EXPECT_EQ(rcode_text(3), "NXDOMAIN");
  EXPECT_EQ(rcode_text(16), "BADVERS");
  EXPECT_EQ(rcode_text(3841), "RCODE3841");
  EXPECT_EQ(edns_option_text(8), "ECS");
  EXPECT_EQ(edns_option_text(65001), "OPT65001");
}

TEST(Codes, TextAndNumberAreEachOthersInverse) {
  for (unsigned i = 0; i <= 0xffff; ++i) {
    auto code = static_cast<std::uint16_t>(i);
    ASSERT_EQ(parse_type(type_text(code)), code);
    ASSERT_EQ(parse_class(class_text(code)), code);
    ASSERT_EQ(parse_edns_option(edns_option_text(code)), code);
    ASSERT_LE(type_text(code).size(), 15u) << "longer texts would allocate";
  }
  for (std::uint16_t code = 0; code < 4096; ++code) ASSERT_EQ(parse_rcode(rcode_text(code)), code);
  for (std::uint8_t code = 0; code < 16; ++code) ASSERT_EQ(parse_opcode(opcode_text(code)), code);
}

TEST(Codes, ParsingTakesAnyLettersAndPlainNumbers) {
  EXPECT_EQ(parse_type("aaaa"), 28);
  EXPECT_EQ(parse_type("type28"), 28);
  EXPECT_EQ(parse_type("28"), 28);
  EXPECT_EQ(parse_rcode("NxDomain"), 3);
}

TEST(Codes, ParsingRefusesWhatIsNoCode) {
  for (const char* text : {"", "TYPE", "TYPE65536", "AAAAA", "TYPE1x", "-1", " A"})
    EXPECT_EQ(parse_type(text), std::nullopt) << text;
  EXPECT_EQ(parse_opcode("16"), std::nullopt);
  EXPECT_EQ(parse_rcode("4096"), std::nullopt);
}

}  // namespace
}  // namespace dnstorm::capture::dns
