#include "operators/shape/lua_tokens.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace dnstorm::operators {
namespace {

std::string joined(std::string_view expression) {
  std::string text;
  for (const LuaToken& token : lua_tokens(expression))
    text += fmt::format("{}{}@{}", text.empty() ? "" : " ", token.text, token.at);
  return text;
}

std::string names(std::string_view expression) {
  std::string text;
  for (const LuaName& name : lua_names(lua_tokens(expression)))
    text += fmt::format("{}{}{}{}", text.empty() ? "" : " ", name.owner,
                        name.method ? ":" : (name.owner.empty() ? "" : "."), name.text);
  return text;
}

TEST(LuaTokens, are_found_as_lua_finds_them) {
  struct Case {
    const char* expression;
    const char* tokens;
  };
  const Case cases[] = {
      {"", ""},
      {"a==b", "a@0 ==@1 b@3"},
      {"a ~= 0x1p-3", "a@0 ~=@2 0x1p-3@5"},
      {"1e+5-.5..x", "1e+5@0 -@4 .5..x@5"},
      {"a//2>>1", "a@0 //@1 2@3 >>@4 1@6"},
      {"'it\\'s' .. \"x\"", "'it\\'s'@0 ..@8 \"x\"@11"},
      {"[=[ ]] ]=] .. [[y]]", "[=[ ]] ]=]@0 ..@11 [[y]]@14"},
      {"a --[[ b ]] + c -- d", "a@0 +@12 c@14"},
      {"t[1]", "t@0 [@1 1@2 ]@3"},
      {"'open", "'open@0"},
      {"[[open", "[[open@0"},
      {"'\\", "'\\@0"},
  };
  for (const Case& c : cases) EXPECT_EQ(joined(c.expression), c.tokens) << c.expression;
}

TEST(LuaTokens, tell_names_that_are_used) {
  struct Case {
    const char* expression;
    const char* names;
  };
  const Case cases[] = {
      {"qtype == 1 and not tc", "qtype tc"},
      {"string.upper(qname)", "string string.upper qname"},
      {"qname:upper() .. 'qname'", "qname :upper"},
      {"({a = b, [c] = 1})[d]", "b c d"},
      {"x.y.z", "x x.y y.z"},
      {"('x').y", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(names(c.expression), c.names) << c.expression;
}

}  // namespace
}  // namespace dnstorm::operators
