#include "capture/dns/name.hpp"

#include <gtest/gtest.h>

#include "tests/unit/capture/dns/wire.hpp"

namespace dnstorm::capture::dns {
namespace {

using test::bytes;
using test::Bytes;

struct NameRow {
  const char* what;
  Bytes wire;
  std::size_t offset;
  ParseError error;
  std::string text;
  std::size_t end;
  unsigned wire_length, labels;
};

std::string many(std::size_t n, char c) { return std::string(n, c); }

// A name of the given number of one-letter labels.
Bytes letters(std::size_t labels) {
  Bytes wire;
  for (std::size_t i = 0; i < labels; ++i) wire += bytes("\1x");
  return wire + bytes({0});
}

std::string letters_text(std::size_t labels) {
  std::string text = "x";
  for (std::size_t i = 1; i < labels; ++i) text += ".x";
  return text;
}

// Pointers, each to the one before, after the root at offset 0.
Bytes pointer_chain(std::size_t pointers) {
  Bytes wire = bytes({0, 0});
  for (std::size_t i = 0; i < pointers; ++i)
    wire += bytes({0xc0 | int(i * 2 / 256), int(i * 2 % 256)});
  return wire;
}

const NameRow name_rows[] = {
    {"the root", bytes({0}), 0, ParseError::none, ".", 1, 1, 0},
    {"an ordinary name", bytes("\3www\7example\3com\0"), 0, ParseError::none, "www.example.com", 17,
     17, 3},
    {"upper case", bytes("\3WwW\7EXAMPLE\0"), 0, ParseError::none, "www.example", 13, 13, 2},
    {"underscore, digits, hyphen", bytes("\4_sip\5a-0.9\0"), 0, ParseError::none, "_sip.a-0\\.9",
     12, 12, 2},
    {"escapes", bytes("\4\"(;@\5) $\\\x7f\0"), 0, ParseError::none,
     "\\\"\\(\\;\\@.\\)\\032\\$\\\\\\127", 12, 12, 2},
    {"zero and high bytes", bytes({3, 0, 200, 255, 0}), 0, ParseError::none, "\\000\\200\\255", 5,
     5, 1},
    {"a pointer back", bytes("\3com\0\1a\xc0\0", 10), 5, ParseError::none, "a.com", 9, 7, 2},
    {"a pointer to a pointer", bytes("\3com\0\xc0\0\1a\xc0\5", 11), 7, ParseError::none, "a.com",
     11, 7, 2},
    {"a pointer to the root", bytes({0, 0xc0, 0}), 1, ParseError::none, ".", 3, 1, 0},
    {"nothing there", {}, 0, ParseError::truncated_name, "", 0, 0, 0},
    {"no root", bytes("\3com"), 0, ParseError::truncated_name, "", 0, 0, 0},
    {"a label past the end", bytes("\5com"), 0, ParseError::truncated_name, "", 0, 0, 0},
    {"half a pointer", bytes({0, 0xc0}), 1, ParseError::truncated_name, "", 0, 0, 0},
    {"a pointer to itself", bytes({0, 0xc0, 1}), 1, ParseError::pointer_forward, "", 0, 0, 0},
    {"a pointer forward", bytes({0xc0, 2, 0}), 0, ParseError::pointer_forward, "", 0, 0, 0},
    {"a pointer past the end", bytes({0, 0xc0, 200}), 1, ParseError::pointer_forward, "", 0, 0, 0},
    {"a loop through a label", bytes({1, 'a', 0xc0, 0}), 0, ParseError::pointer_forward, "", 0, 0,
     0},
    {"label type 01", bytes({0x41, 'a', 0}), 0, ParseError::label_too_long, "", 0, 0, 0},
    {"label type 10", bytes({0x80, 'a', 0}), 0, ParseError::label_too_long, "", 0, 0, 0},
    {"255 bytes", letters(127), 0, ParseError::none, letters_text(127), 255, 255, 127},
    {"257 bytes", letters(128), 0, ParseError::name_too_long, "", 0, 0, 0},
    {"127 pointers", pointer_chain(127), 254, ParseError::none, ".", 256, 1, 0},
    {"128 pointers", pointer_chain(128), 256, ParseError::too_many_pointers, "", 0, 0, 0},
};

TEST(Name, WalkingAndWritingAgreeWithTheTable) {
  for (const NameRow& row : name_rows) {
    SCOPED_TRACE(row.what);
    NameShape shape;
    EXPECT_EQ(walk_name(row.wire, row.offset, shape), row.error);
    std::string text = name_text(row.wire, row.offset);
    EXPECT_EQ(text, row.text);
    if (row.error != ParseError::none) continue;
    EXPECT_EQ(shape.end, row.end);
    EXPECT_EQ(shape.wire_length, row.wire_length);
    EXPECT_EQ(shape.labels, row.labels);
  }
}

TEST(Name, LettersAreKeptOnRequest) {
  EXPECT_EQ(name_text(bytes("\3WwW\2De\0"), 0, LetterCase::keep), "WwW.De");
}

TEST(Name, TheLongestTextFits) {
  Bytes wire;
  for (int label : {63, 63, 63, 61})
    wire += bytes({label}) + bytes(many(std::size_t(label), '\x01'));
  wire += bytes({0});
  EXPECT_EQ(wire.size(), 255u);
  EXPECT_EQ(name_text(wire, 0).size(), 250 * 4 + 3u);
}

TEST(Name, TextBecomesWire) {
  EXPECT_EQ(name_wire("www.Example.com"), bytes("\3www\7Example\3com\0"));
  EXPECT_EQ(name_wire("com."), bytes("\3com\0"));
  EXPECT_EQ(name_wire("."), bytes({0}));
  EXPECT_EQ(name_wire("a\\.b\\255.c"), bytes({4, 'a', '.', 'b', 255, 1, 'c', 0}));
}

TEST(Name, ImpossibleTextIsRefused) {
  for (const char* text : {"", "..", ".a", "a..b", "a\\", "a\\25", "a\\256"})
    EXPECT_EQ(name_wire(text), std::nullopt) << text;
  EXPECT_EQ(name_wire(many(64, 'a')), std::nullopt);
  EXPECT_NE(name_wire(many(63, 'a')), std::nullopt);
  std::string longest = many(63, 'a') + "." + many(63, 'b') + "." + many(63, 'c') + ".";
  EXPECT_NE(name_wire(longest + many(61, 'd')), std::nullopt);
  EXPECT_EQ(name_wire(longest + many(62, 'd')), std::nullopt);
}

TEST(Name, EveryByteSurvivesTheWayToTextAndBack) {
  for (int byte = 0; byte < 256; ++byte) {
    Bytes wire = bytes({3, 'x', byte, 'y', 0});
    EXPECT_EQ(name_wire(name_text(wire, 0, LetterCase::keep)), wire) << byte;
  }
}

TEST(Name, NormalNamesAreLowerCaseWithoutDot) {
  EXPECT_EQ(normal_name("WWW.Example.COM."), "www.example.com");
  EXPECT_EQ(normal_name("."), ".");
  EXPECT_EQ(normal_name("a b"), "a\\032b");
  EXPECT_EQ(normal_name("a..b"), std::nullopt);
}

}  // namespace
}  // namespace dnstorm::capture::dns
