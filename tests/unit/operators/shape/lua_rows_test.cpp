#include "operators/shape/lua_rows.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "operators/shape/lua_sandbox.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TextRow;

const std::vector<Field> fields = {
    {"qtype", Type::u16},  {"tc", Type::boolean}, {"size", Type::u64},    {"delta", Type::i64},
    {"rtt", Type::f64},    {"client", Type::ip},  {"qname", Type::str},   {"raw", Type::bytes},
    {"do", Type::boolean}, {"small", Type::u8},   {"seconds", Type::u32}, {"time", Type::time}};

BatchPtr one_row(const TextRow& cells = {"28", "true", "512", "-7", "0.5", "2001:db8::1",
                                         "www.example.com", "b", "true", "6", "9", "2s"}) {
  BatchBuilder builder(std::make_shared<const Schema>(fields));
  RowWriter row = builder.add_row();
  for (std::size_t i = 0; i < fields.size(); ++i)
    testing::write_cell(row, fields[i].type, builder.schema()->offset(i), cells[i]);
  return builder.seal();
}

std::string text_of(const LuaValue& value) {
  switch (value.kind) {
    case LuaValue::Kind::failed:
      return fmt::format("failed: {}", value.text);
    case LuaValue::Kind::limited:
      return fmt::format("limited: {}", value.text);
    case LuaValue::Kind::boolean:
      return value.boolean ? "true" : "false";
    case LuaValue::Kind::integer:
      return fmt::format("{}", value.integer);
    case LuaValue::Kind::real:
      return fmt::format("{}f", value.real);
    case LuaValue::Kind::text:
      return fmt::format("'{}'", value.text);
    case LuaValue::Kind::other:
      return "other";
  }
  return "?";
}

std::string run(const std::string& expression, const BatchPtr& batch = one_row()) {
  LuaRows rows;
  auto added = rows.add(expression, batch->schema(), "set");
  if (!added.ok()) return added.error().what;
  return text_of(rows.run(0, RowView(batch->row(0), batch->arena())));
}

TEST(LuaRows, see_each_field_as_the_type_that_lua_has_for_it) {
  EXPECT_EQ(run("qtype"), "28");
  EXPECT_EQ(run("tc"), "true");
  EXPECT_EQ(run("size + delta"), "505");
  EXPECT_EQ(run("rtt"), "0.5f");
  EXPECT_EQ(run("client"), "'2001:db8::1'");
  EXPECT_EQ(run("qname"), "'www.example.com'");
  EXPECT_EQ(run("raw .. small .. seconds"), "'b69'");
  EXPECT_EQ(run("time"), "2000000000");
  EXPECT_EQ(run("_do and not tc"), "false");
  auto large = one_row({"1", "false", "18446744073709551615", "0", "0", "192.0.2.1", "", "",
                        "false", "0", "0", "0"});
  EXPECT_EQ(run("size", large), "1.8446744073709552e+19f");
  EXPECT_EQ(run("client .. qname", large), "'192.0.2.1'");
}

TEST(LuaRows, have_functions_of_texts_and_numbers) {
  EXPECT_EQ(run("qname:upper()"), "'WWW.EXAMPLE.COM'");
  EXPECT_EQ(run("string.sub(qname, 1, 3)"), "'www'");
  EXPECT_EQ(run("suffix(qname, 2)"), "'example.com'");
  EXPECT_EQ(run("qname:match('^(%w+)%.')"), "'www'");
  EXPECT_EQ(run("qname:find('.', 1, true)"), "4");
  EXPECT_EQ(run("qname:gsub('%.', '/')"), "'www/example/com'") << "the first value only";
  EXPECT_EQ(run("string.format('%04d %s', qtype, tostring(tc))"), "'0028 true'");
  EXPECT_EQ(run("math.floor(rtt * 3) + tonumber('2')"), "3");
  EXPECT_EQ(run("({[1] = 'A', [28] = 'AAAA'})[qtype] or 'other'"), "'AAAA'");
  EXPECT_EQ(run("({A = 1}).A -- a comment"), "1");
  EXPECT_EQ(run("nil"), "other");
}

TEST(LuaRows, read_what_they_name_and_nothing_else) {
  LuaRows rows;
  Schema schema(fields);
  ASSERT_TRUE(rows.add("size > 1 and qname:find('size', 1, true) and size < 9", schema, "").ok());
  EXPECT_THAT(rows.fields(0), ElementsAre("size", "qname"));
  EXPECT_THAT(lua_fields({"_do", "size", "1", "size + delta"}, schema, "").value(),
              ElementsAre("do", "size", "delta"));
}

TEST(LuaRows, are_refused_with_line_and_column) {
  struct Case {
    const char* expression;
    const char* error;
  };
  const Case cases[] = {
      {"qtype = 1", "in the expression 'qtype = 1', line 1, column 7: ')' expected near '='"},
      {"qtype ==", "in the expression 'qtype ==', line 1, column 9: unexpected symbol near <eof>"},
      {"size and\n  size qtype",
       "in the expression 'size and   size qtype', line 2, column 8: ')' expected near 'qtype'"},
      {"tc or or _do",
       "in the expression 'tc or or _do', line 1, column 7: unexpected symbol near "
       "'or'"},
      {"do", "in the expression 'do', line 1, column 1: unexpected symbol near 'do'"},
      {"1e5x + 1", "in the expression '1e5x + 1', line 1, column 1: malformed number near '1e5x'"},
      {"qtpye == 1",
       "in the expression 'qtpye == 1': there is no field or function 'qtpye', did you mean "
       "'qtype'?"},
      {"zzzzzzzzz",
       "in the expression 'zzzzzzzzz': there is no field or function 'zzzzzzzzz'; fields are "
       "qtype, tc, size, delta, rtt, client, qname, raw, do, small, seconds, time"},
      {"qname:uper()", "in the expression 'qname:uper()': there is no function 'string.uper'"},
      {"string.dump(qname)",
       "in the expression 'string.dump(qname)': there is no function 'string.dump'"},
      {"math.random()", "in the expression 'math.random()': there is no function 'math.random'"},
      {"client.net", "in the expression 'client.net': 'client' has no parts such as 'net'"},
      {"(function() return 1 end)()",
       "in the expression '(function() return 1 end)()': it may call functions, and define none"},
  };
  for (const Case& c : cases) EXPECT_EQ(run(c.expression), c.error) << c.expression;
  for (const char* name : {"io", "os", "load", "require", "print", "pairs", "_G", "_ENV",
                           "setmetatable", "rawset", "collectgarbage", "debug", "error"})
    EXPECT_THAT(run(name), HasSubstr("there is no field or function")) << name;
  EXPECT_THAT(run(std::string(5000, '(')), HasSubstr("at most 4096 are possible"));
  EXPECT_THAT(run(std::string(1000, 'a')), HasSubstr("aaa...': there is no field or function"));
}

TEST(LuaRows, tell_failures_apart) {
  EXPECT_THAT(run("qname + 1"), HasSubstr("failed: attempt to "));
  EXPECT_THAT(run("1 // (qtype - 28)"), HasSubstr("failed: attempt to "));
  EXPECT_THAT(run("tostring({})"), HasSubstr("failed: a table has no text"));
  EXPECT_THAT(run("string.format('%p', qname)"), HasSubstr("failed: %p prints an address"));
  EXPECT_THAT(run("string.format('%s', {})"), HasSubstr("failed: a table has no text"));
  EXPECT_THAT(run("('x'):rep(1 << 23)"), HasSubstr("limited: not enough memory"));
  EXPECT_THAT(run("('x'):rep(200):find('.-.-.-y')"),
              HasSubstr("limited: the pattern could take too long on a text of 200 bytes"));
}

// What one row has done to the interpreter is no matter of the next.
TEST(LuaRows, go_on_after_failures) {
  BatchPtr batch = one_row();
  RowView row(batch->row(0), batch->arena());
  LuaRows rows;
  ASSERT_TRUE(rows.add("('x'):rep(1 << 23)", batch->schema(), "").ok());
  ASSERT_TRUE(rows.add("qname .. {}", batch->schema(), "").ok());
  ASSERT_TRUE(rows.add("qname:rep(1000):len()", batch->schema(), "").ok());
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(rows.run(0, row).kind, LuaValue::Kind::limited);
    ASSERT_EQ(rows.run(1, row).kind, LuaValue::Kind::failed);
    ASSERT_EQ(rows.run(2, row).integer, 15000);
  }
}

TEST(LuaPattern, costs_a_degree_for_each_repetition) {
  EXPECT_EQ(lua_pattern_degree("^www"), 0U);
  EXPECT_EQ(lua_pattern_degree("www"), 1U);
  EXPECT_EQ(lua_pattern_degree("^%a+%.%a*$"), 2U);
  EXPECT_EQ(lua_pattern_degree("^[%w-]+%-"), 1U);
  EXPECT_EQ(lua_pattern_degree("^[]*]-x?"), 2U);
  EXPECT_EQ(lua_pattern_degree("^[^%]+]*"), 1U);
  EXPECT_EQ(lua_pattern_degree("^%b()%+"), 1U);
  EXPECT_EQ(lua_pattern_degree("[%"), 1U);
  EXPECT_EQ(lua_pattern_degree("%"), 1U);
}

TEST(NameSuffix, counts_labels_and_knows_escaped_dots) {
  EXPECT_EQ(name_suffix("www.example.com", 1), "com");
  EXPECT_EQ(name_suffix("www.example.com", 3), "www.example.com");
  EXPECT_EQ(name_suffix("www.example.com", 9), "www.example.com");
  EXPECT_EQ(name_suffix("www.example.com", 0), "");
  EXPECT_EQ(name_suffix("a.b\\.c.d", 2), "b\\.c.d");
  EXPECT_EQ(name_suffix("a.b\\\\.c.d", 2), "c.d");
  EXPECT_EQ(name_suffix(".", 1), ".");
  EXPECT_EQ(name_suffix("", 1), "");
}

}  // namespace
}  // namespace dnstorm::operators
