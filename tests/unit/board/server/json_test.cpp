#include "board/server/json.hpp"

#include <limits>
#include <nlohmann/json.hpp>

namespace dnstorm::board {
namespace {

std::string written(std::string_view text) {
  JsonWriter json;
  json.value(text);
  return json.take();
}

TEST(JsonWriter, writes_nested_values_with_commas_where_they_belong) {
  JsonWriter json;
  json.begin_object().member("a", std::uint64_t{1}).key("b").begin_array();
  json.value("x").begin_object().end_object().value(true).null().end_array();
  json.member("c", -2.5).key("d").raw("[3]").end_object();
  EXPECT_EQ(json.text(), R"({"a":1,"b":["x",{},true,null],"c":-2.5,"d":[3]})");
}

TEST(JsonWriter, writes_whole_numbers_without_a_fraction_and_no_number_as_null) {
  JsonWriter json;
  json.begin_array().value(12.0).value(0.5).value(9007199254740991.0).value(-0.0);
  json.value(std::numeric_limits<double>::quiet_NaN());
  json.value(std::numeric_limits<double>::infinity()).value(UINT64_MAX).end_array();
  EXPECT_EQ(json.text(), "[12,0.5,9007199254740991,0,null,null,18446744073709551615]");
}

struct Case {
  const char* what;
  std::string_view in;
  std::string_view out;
};

TEST(JsonWriter, makes_one_valid_line_of_any_bytes) {
  using namespace std::string_view_literals;
  const Case cases[] = {
      {"presentation format", R"(a\032b."q".)"sv, R"("a\\032b.\"q\".")"sv},
      {"control characters", "a\n\r\0\x1f\x7f"sv, "\"a\\u000a\\u000d\\u0000\\u001f\\u007f\""sv},
      {"umlaut and emoji", "\xc3\xbc\xf0\x9f\x98\x80"sv, "\"\xc3\xbc\xf0\x9f\x98\x80\""sv},
      {"stray continuation", "a\x80z"sv, "\"a\xef\xbf\xbdz\""sv},
      {"cut sequence", "\xe2\x82"sv, "\"\xef\xbf\xbd\xef\xbf\xbd\""sv},
      {"longer than needed", "\xc0\xaf"sv, "\"\xef\xbf\xbd\xef\xbf\xbd\""sv},
      {"overlong of three", "\xe0\x80\x80"sv, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""sv},
      {"surrogate", "\xed\xa0\x80"sv, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""sv},
      {"beyond Unicode", "\xf4\x90\x80\x80"sv,
       "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""sv},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(written(c.in), c.out);
  }
}

TEST(JsonWriter, every_pair_of_bytes_gives_text_that_a_parser_takes) {
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; ++second) {
      const std::string bytes = {static_cast<char>(first), static_cast<char>(second)};
      const std::string text = written(bytes);
      ASSERT_TRUE(nlohmann::json::accept(text)) << first << ' ' << second;
      ASSERT_EQ(text.find('\n'), std::string::npos);
    }
}

}  // namespace
}  // namespace dnstorm::board
