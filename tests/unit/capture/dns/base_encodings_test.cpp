#include "capture/dns/base_encodings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace dnstorm::capture::dns {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Put = std::string (*)(std::span<const std::uint8_t>);
using Take = bool (*)(std::string_view, Bytes&);

struct Encoding {
  const char* name;
  Put put;
  Take take;
};
constexpr Encoding encodings[] = {{"hex", hex, take_hex},
                                  {"base32hex", base32hex, take_base32hex},
                                  {"base64", base64, take_base64},
                                  {"padded base64", base64, take_padded_base64}};

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

std::string taken(Take take, std::string_view text) {
  Bytes out;
  if (!take(text, out)) return "refused";
  return {out.begin(), out.end()};
}

// RFC 4648 10; base 32 in upper case without its padding, hex in lower case.
TEST(BaseEncodings, GiveTheVectorsOfTheRfc) {
  struct {
    std::string_view plain, base64, base32, padding, hex;
  } rows[] = {{"", "", "", "", ""},
              {"f", "Zg==", "CO", "======", "66"},
              {"fo", "Zm8=", "CPNG", "====", "666f"},
              {"foo", "Zm9v", "CPNMU", "===", "666f6f"},
              {"foob", "Zm9vYg==", "CPNMUOG", "=", "666f6f62"},
              {"fooba", "Zm9vYmE=", "CPNMUOJ1", "", "666f6f6261"},
              {"foobar", "Zm9vYmFy", "CPNMUOJ1E8", "======", "666f6f626172"}};
  for (const auto& row : rows) {
    EXPECT_EQ(base64(bytes(row.plain)), row.base64);
    EXPECT_EQ(base32hex(bytes(row.plain)), row.base32);
    EXPECT_EQ(hex(bytes(row.plain)), row.hex);
    EXPECT_EQ(taken(take_base64, row.base64), row.plain);
    EXPECT_EQ(taken(take_padded_base64, row.base64), row.plain);
    EXPECT_EQ(taken(take_base64, row.base64.substr(0, row.base64.find('='))), row.plain);
    EXPECT_EQ(taken(take_base32hex, row.base32), row.plain);
    EXPECT_EQ(taken(take_base32hex, std::string(row.base32) + std::string(row.padding)), row.plain);
    EXPECT_EQ(taken(take_hex, row.hex), row.plain);
  }
}

TEST(BaseEncodings, GiveBackWhatTheyTook) {
  std::minstd_rand random(3);
  for (const Encoding& encoding : encodings)
    for (std::size_t size = 0; size < 70; ++size) {
      Bytes plain(size);
      for (std::uint8_t& byte : plain) byte = static_cast<std::uint8_t>(random() >> 8U);
      std::string text = encoding.put(plain);
      Bytes back = {1, 2, 3};
      ASSERT_TRUE(encoding.take(text, back)) << encoding.name << ' ' << text;
      ASSERT_THAT(back, ::testing::SizeIs(size + 3));
      EXPECT_EQ(Bytes(back.begin() + 3, back.end()), plain) << encoding.name;
      EXPECT_EQ(Bytes(back.begin(), back.begin() + 3), (Bytes{1, 2, 3}));
    }
}

TEST(BaseEncodings, PutBase64Appends) {
  std::string text = "wire: ";
  put_base64(bytes("fo"), text);
  put_base64(bytes("foo"), text);
  EXPECT_EQ(text, "wire: Zm8=Zm9v");
}

TEST(BaseEncodings, LettersCountInEitherCaseButInBase64) {
  EXPECT_EQ(taken(take_hex, "666F6f"), "foo");
  EXPECT_EQ(taken(take_base32hex, "cPnMu"), "foo");
  EXPECT_EQ(taken(take_base64, "ABab"), std::string("\x00\x16\x9b", 3));
}

TEST(BaseEncodings, BlanksDoNotMatterInAZoneFile) {
  EXPECT_EQ(taken(take_hex, " 66 6\t f 6f "), "foo");
  EXPECT_EQ(taken(take_base32hex, "C P N M U O J 1 E\t8"), "foobar");
  EXPECT_EQ(taken(take_base64, "Zm9v Ym E = "), "fooba");
  EXPECT_EQ(taken(take_base64, "Z g = ="), "f");
  EXPECT_EQ(taken(take_padded_base64, "Zm9v YmE="), "refused");
  EXPECT_EQ(taken(take_padded_base64, "Zg== "), "refused");
}

TEST(BaseEncodings, RefuseWhatIsNoWholeNumberOfBytes) {
  for (std::string_view text : {"1", "123", "6 6 6"}) EXPECT_EQ(taken(take_hex, text), "refused");
  for (std::string_view text : {"C", "CPN", "CPNMUO", "CPNMUOJ1E", "CPNMUOJ1E8C"})
    EXPECT_EQ(taken(take_base32hex, text), "refused") << text;
  for (std::string_view text : {"A", "Zm9vY"}) EXPECT_EQ(taken(take_base64, text), "refused");
}

TEST(BaseEncodings, RefuseWrongPadding) {
  for (std::string_view text : {"=", "====", "Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v====", "Zg=a",
                                "Zg==Zg==", "=Zg=", "Z=g="}) {
    EXPECT_EQ(taken(take_base64, text), "refused") << text;
    EXPECT_EQ(taken(take_padded_base64, text), "refused") << text;
  }
  for (std::string_view text : {"Zg", "Zm8", "A", "A==="})
    EXPECT_EQ(taken(take_padded_base64, text), "refused") << text;
  for (std::string_view text : {"CO=", "CO=======", "CPNMUOJ1========"})
    EXPECT_EQ(taken(take_base32hex, text), "refused") << text;
  for (std::string_view text : {"66=", "66==", "="}) EXPECT_EQ(taken(take_hex, text), "refused");
}

// Every character that is no digit, at every place of a group and behind one.
TEST(BaseEncodings, RefuseEveryOtherCharacter) {
  std::string_view digits[] = {"0123456789abcdefABCDEF",
                               "0123456789abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUV",
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"};
  for (std::size_t i = 0; i < std::size(encodings); ++i)
    for (int c = 0; c < 256; ++c) {
      bool digit = digits[i].find(static_cast<char>(c)) != std::string_view::npos;
      if (c == '=' || ((c == ' ' || c == '\t') && i < 3)) continue;
      for (std::size_t at = 0; at < 16; ++at) {
        std::string text(16, '0');
        text[at] = static_cast<char>(c);
        Bytes out = {42};
        ASSERT_EQ(encodings[i].take(text, out), digit) << encodings[i].name << ' ' << c;
        if (digit) continue;
        ASSERT_EQ(out, Bytes{42}) << "what is refused leaves nothing behind";
      }
    }
}

}  // namespace
}  // namespace dnstorm::capture::dns
