#include <gtest/gtest.h>

#include "engine/topology/variables.hpp"

namespace dnstorm::topology {
namespace {

using testing::ElementsAre;
using testing::Pair;

auto read_good(const std::string& text) {
  auto properties = read_properties(text, "f");
  EXPECT_TRUE(properties.ok()) << (properties.ok() ? "" : properties.error().what);
  return properties.ok() ? *properties : std::map<std::string, std::string>();
}

std::string error(const std::string& text) {
  auto properties = read_properties(text, "f");
  return properties.ok() ? "none" : properties.error().what;
}

TEST(Properties, KeysEndAtEqualsColonOrBlank) {
  EXPECT_THAT(read_good("a=1\nb = 2\nc: 3\nd 4\n  e\t=\t5 \nf\n"),
              ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("c", "3"), Pair("d", "4"),
                          Pair("e", "5 "), Pair("f", "")));
}

TEST(Properties, OnlyTheFirstSeparatorCounts) {
  EXPECT_THAT(read_good("url = http://x:1/?a=b # c\n"),
              ElementsAre(Pair("url", "http://x:1/?a=b # c")));
}

TEST(Properties, CommentsAndEmptyLines) {
  EXPECT_THAT(read_good("# a = 1\n  ! b = 2\n\n   \nc = 3\r\n"), ElementsAre(Pair("c", "3")));
  EXPECT_THAT(read_good(""), ElementsAre());
}

TEST(Properties, LinesGoOnBehindABackslash) {
  EXPECT_THAT(read_good("list = a, \\\n       b, \\\n  # c\nnext = 1\n"),
              ElementsAre(Pair("list", "a, b, # c"), Pair("next", "1")));
  // Two backslashes are one, and a comment has no second line.
  EXPECT_THAT(read_good("path = c\\\\\nb = 2\n# x \\\nc = 3\nlast = \\"),
              ElementsAre(Pair("b", "2"), Pair("c", "3"), Pair("last", ""), Pair("path", "c\\")));
}

TEST(Properties, Escapes) {
  EXPECT_THAT(read_good("a\\ key\\=x = tab\\tend\n\\u00e4 = \\u20ac\\q\n"),
              ElementsAre(Pair("a key=x", "tab\tend"), Pair("\xc3\xa4", "\xe2\x82\xacq")));
}

TEST(Properties, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(error("a = 1\nb = \\u12\n"), "f:2: \\u is followed by the four digits of a character");
  EXPECT_EQ(error("a = \\ud800\n"), "f:1: \\u is followed by the four digits of a character");
  EXPECT_EQ(error("a = 1\n\nb = \\\n 2\na : 3\n"), "f:5: key 'a' stands twice, first in line 1");
  EXPECT_EQ(error(std::string(1024 * 1024 + 1, '#')), "f: is larger than 1024 KiB");
}

TEST(Properties, SaysWhyAFileCannotBeRead) {
  auto missing = read_properties_file("/nonexistent/x.properties");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::no_input);
  EXPECT_EQ(missing.error().what,
            "/nonexistent/x.properties: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace dnstorm::topology
