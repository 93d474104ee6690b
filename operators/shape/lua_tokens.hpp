// The tokens of an expression in Lua, found as Lua finds them: to know which names it uses and in
// which column it is wrong, neither of which Lua's interface tells. Lua itself judges whether the
// text is an expression. Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace dnstorm::operators {

enum class LuaTokenKind : std::uint8_t { word, number, text, sign };

struct LuaToken {
  LuaTokenKind kind = LuaTokenKind::sign;
  std::string_view text;  // a part of the expression
  std::size_t at = 0;     // its offset
  std::size_t end() const { return at + text.size(); }
};

// Without blanks and comments. What is not closed reaches to the end.
std::vector<LuaToken> lua_tokens(std::string_view expression);

bool is_lua_keyword(std::string_view word);

// A name that an expression uses.
struct LuaName {
  std::string_view text;
  std::string_view owner;  // string, of string.upper; empty: it stands alone
  bool method = false;     // as in qname:upper()
};
// No keywords, and no keys of tables as in {a = 1}.
std::vector<LuaName> lua_names(const std::vector<LuaToken>& tokens);

}  // namespace dnstorm::operators
