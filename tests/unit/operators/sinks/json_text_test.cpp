#include "operators/sinks/json_text.hpp"

namespace dnstorm::operators {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonText, escapes_what_must_be) {
  EXPECT_EQ(json("plain"), R"("plain")");
  EXPECT_EQ(json("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json(std::string_view("\n\t\x01\0", 4)), R"("\u000a\u0009\u0001\u0000")");
  EXPECT_EQ(json("Zürich €"), "\"Zürich €\"");
}

TEST(JsonText, replaces_bytes_that_are_no_utf8) {
  for (const char* bad : {"\xff", "\xc0", "\xc3", "\x80"}) EXPECT_EQ(json(bad), "\"\xef\xbf\xbd\"");
  EXPECT_EQ(json("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // a surrogate
  EXPECT_EQ(json("\xf4\x90\x80\x80").size(), 2 + 4 * 3);                        // beyond U+10FFFF
  EXPECT_EQ(json("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // cut off
}

TEST(JsonText, writes_tags_and_fields) {
  Point point;
  point.tags = {{"qtype", "A"}, {"rcode", "NOERROR"}};
  point.fields = {
      {"count", std::int64_t{-3}}, {"ratio", 0.1}, {"full", true}, {"name", std::string("x")}};
  std::string out;
  append_json_tags(out, point);
  append_json_fields(out, point);
  append_json_tags(out, Point{});
  EXPECT_EQ(out,
            R"({"qtype":"A","rcode":"NOERROR"}{"count":-3,"ratio":0.1,"full":true,"name":"x"}{})");
}

}  // namespace
}  // namespace dnstorm::operators
