#include "operators/sinks/line_protocol.hpp"

namespace dnstorm::operators {
namespace {

struct Case {
  std::string_view text;
  std::string_view written;
};

TEST(LineProtocol, escapes_measurements) {
  for (const Case& c : {Case{"dns", "dns"},
                        {"a b", R"(a\ b)"},
                        {"a,b", R"(a\,b)"},
                        {"a=b", "a=b"},
                        {"a\nb", R"(a\nb)"},
                        {"\"a\"", "\"a\""},
                        {"Ümlaut", "Ümlaut"}}) {
    std::string out;
    append_measurement(out, c.text);
    EXPECT_EQ(out, c.written);
  }
}

TEST(LineProtocol, escapes_tags_and_field_names) {
  for (const Case& c : {Case{"AAAA", "AAAA"},
                        {"a b", R"(a\ b)"},
                        {"a,b", R"(a\,b)"},
                        {"a=b", R"(a\=b)"},
                        {"a\nb", R"(a\nb)"},
                        {"a\r\nb", R"(a\r\nb)"},
                        {"\"", "\""},
                        {R"(a\b)", R"(a\b)"},
                        {R"(a\,b)", R"(a\\,b)"},
                        {R"(a\)", "a\\\\ "},
                        {" ", R"(\ )"},
                        {"", ""}}) {
    std::string out;
    append_tag_text(out, c.text);
    EXPECT_EQ(out, c.written) << c.text;
  }
}

TEST(LineProtocol, quotes_strings) {
  for (const Case& c : {Case{"text", R"("text")"},
                        {"", R"("")"},
                        {R"(say "a")", R"("say \"a\"")"},
                        {R"(a\b)", R"("a\\b")"},
                        {"a\nb", "\"a\nb\""},
                        {"a,b =c", R"("a,b =c")"}}) {
    std::string out;
    append_field_string(out, c.text);
    EXPECT_EQ(out, c.written);
  }
}

TEST(LineProtocol, writes_values_by_type) {
  auto written = [](PointValue value) {
    std::string out;
    append_field_value(out, value);
    return out;
  };
  EXPECT_EQ(written(std::int64_t{42}), "42i");
  EXPECT_EQ(written(std::int64_t{-9223372036854775807 - 1}), "-9223372036854775808i");
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(5.0), "5");
  EXPECT_EQ(written(1e30), "1e+30");
  EXPECT_EQ(written(true), "true");
  EXPECT_EQ(written(std::string("x")), "\"x\"");
}

TEST(LineProtocol, writes_a_line) {
  Point point;
  point.series = "dns,qtype=AAAA";
  point.fields = {{"count", std::int64_t{3}}, {"two words", true}};
  point.time = 1'700'000'000'000'000'000;
  std::string out;
  EXPECT_TRUE(append_line(out, point));
  EXPECT_EQ(out, "dns,qtype=AAAA count=3i,two\\ words=true 1700000000000000000\n");
}

TEST(LineProtocol, leaves_out_a_point_without_fields) {
  Point point;
  point.series = "dns";
  std::string out;
  EXPECT_FALSE(append_line(out, point));
  EXPECT_EQ(out, "");
}

TEST(LineProtocol, finds_where_lines_begin) {
  const std::string_view odd[] = {"plain", "a b",  "a,b", "a=b",  "\"",     "\"=\"",  "a\\",
                                  "\\ ",   "\\,b", "\n",  "a\nb", "\\\\\n", "\\\"\n", "=\"\n"};
  std::string text;
  std::vector<std::uint32_t> starts;
  for (std::string_view tag : odd) {
    for (std::string_view value : odd) {
      Point point;
      append_measurement(point.series, value);
      point.series += ",t=";
      append_tag_text(point.series, tag);
      point.fields = {{tag, std::string(value)}, {value, std::int64_t{1}}, {"b", true}};
      point.time = 1'700'000'000'000'000'000;
      starts.push_back(static_cast<std::uint32_t>(text.size()));
      append_line(text, point);
    }
  }
  EXPECT_EQ(line_starts(text), starts);
  EXPECT_TRUE(line_starts("").empty());
}

}  // namespace
}  // namespace dnstorm::operators
