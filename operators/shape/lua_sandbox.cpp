#include "operators/shape/lua_sandbox.hpp"

#include <cstdlib>
#include <lua.hpp>
#include <string>

// Lua ends a call that fails by longjmp(): no function below holds an object with a destructor
// while it calls Lua.

namespace dnstorm::operators {

namespace {

LuaLimits& limits_of(lua_State* lua) {
  void* limits = nullptr;
  lua_getallocf(lua, &limits);
  return *static_cast<LuaLimits*>(limits);
}

std::string_view text_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(lua, index, &size);
  return {text, size};
}

// Calls the function that stands behind this one with the same arguments.
int call_original(lua_State* lua) {
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
  return lua_gettop(lua);
}

int search(lua_State* lua) {
  std::size_t size = text_at(lua, 1).size();
  std::size_t steps = 1;
  for (std::size_t i = lua_pattern_degree(text_at(lua, 2)); i > 0; --i) {
    if (steps <= lua_search_steps_max) steps *= size + 1;
  }
  if (steps > lua_search_steps_max) {
    limits_of(lua).exceeded = true;
    return luaL_error(lua, "the pattern could take too long on a text of %d bytes",
                      static_cast<int>(size));
  }
  return call_original(lua);
}

int find(lua_State* lua) { return lua_toboolean(lua, 4) ? call_original(lua) : search(lua); }

// What has an address, and no text of its own.
void refuse_tables(lua_State* lua, int index) {
  int type = lua_type(lua, index);
  if (type == LUA_TTABLE || type == LUA_TFUNCTION)
    luaL_error(lua, "a %s has no text", lua_typename(lua, type));
}

int to_string(lua_State* lua) {
  luaL_checkany(lua, 1);
  refuse_tables(lua, 1);
  luaL_tolstring(lua, 1, nullptr);
  return 1;
}

int format(lua_State* lua) {
  std::string_view text = text_at(lua, 1);
  for (int i = 2; i <= lua_gettop(lua); ++i) refuse_tables(lua, i);
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 2))
    if (std::size_t letter = text.find_first_not_of("0123456789.+-# ", at + 1);
        letter != std::string_view::npos && text[letter] == 'p')
      return luaL_error(lua, "%%p prints an address, which differs from run to run");
  return call_original(lua);
}

int suffix(lua_State* lua) {
  std::string_view name = text_at(lua, 1);
  lua_Integer count = luaL_checkinteger(lua, 2);
  std::string_view end = name_suffix(name, count < 0 ? 0 : static_cast<std::size_t>(count));
  lua_pushlstring(lua, end.data(), end.size());
  return 1;
}

// Of the set [...] that begins at `at`; its first character may be a ] as well.
std::size_t set_end(std::string_view pattern, std::size_t at) {
  if (++at < pattern.size() && pattern[at] == '^') ++at;
  do {
    if (at < pattern.size() && pattern[at] == '%') ++at;
    ++at;
  } while (at < pattern.size() && pattern[at] != ']');
  return at;
}

// From the table on top of the stack to that below it.
void copy_members(lua_State* lua, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    lua_getfield(lua, -1, name);
    lua_setfield(lua, -3, name);
  }
}

void guard(lua_State* lua, const char* name, lua_CFunction function) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, function, 1);
  lua_setfield(lua, -2, name);
}

// Leaves the table on the stack.
void push_strings(lua_State* lua) {
  lua_newtable(lua);
  luaL_requiref(lua, "string", luaopen_string, 0);
  copy_members(lua, {"byte", "char", "find", "format", "gsub", "len", "lower", "match", "rep",
                     "reverse", "sub", "upper"});
  lua_pop(lua, 1);
  guard(lua, "find", find);
  guard(lua, "match", search);
  guard(lua, "gsub", search);
  guard(lua, "format", format);
  // Methods of texts, as in qname:upper(), are these too.
  lua_pushliteral(lua, "");
  lua_getmetatable(lua, -1);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pop(lua, 2);
}

void push_math(lua_State* lua) {
  lua_newtable(lua);
  luaL_requiref(lua, "math", luaopen_math, 0);
  copy_members(lua, {"abs", "ceil", "exp", "floor", "fmod", "huge", "log", "max", "maxinteger",
                     "min", "mininteger", "pi", "sqrt", "tointeger", "ult"});
  lua_pop(lua, 1);
}

}  // namespace

void* lua_allocate(void* limits, void* block, std::size_t old_size, std::size_t new_size) {
  LuaLimits& memory = *static_cast<LuaLimits*>(limits);
  if (block == nullptr) old_size = 0;  // Lua tells the kind of the object then
  if (new_size == 0) {
    std::free(block);
    memory.used -= old_size;
    return nullptr;
  }
  if (new_size > old_size && memory.used - old_size + new_size > memory.max) return nullptr;
  void* moved = std::realloc(block, new_size);
  if (moved != nullptr) memory.used += new_size - old_size;
  return moved;
}

void push_lua_sandbox(lua_State* lua) {
  lua_newtable(lua);
  luaL_requiref(lua, "_G", luaopen_base, 0);
  copy_members(lua, {"tonumber"});
  lua_pop(lua, 1);
  push_strings(lua);
  lua_setfield(lua, -2, "string");
  push_math(lua);
  lua_setfield(lua, -2, "math");
  lua_pushcfunction(lua, to_string);
  lua_setfield(lua, -2, "tostring");
  lua_pushcfunction(lua, suffix);
  lua_setfield(lua, -2, "suffix");
}

std::size_t lua_pattern_degree(std::string_view pattern) {
  std::size_t degree = pattern.starts_with('^') ? 0 : 1;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '%') {
      ++i;
      // A balanced text is looked for from each place on.
      if (i < pattern.size() && pattern[i] == 'b') ++degree;
    } else if (c == '[') {
      i = set_end(pattern, i);
    } else if (c == '*' || c == '+' || c == '-' || c == '?') {
      ++degree;
    }
  }
  return degree;
}

std::string_view name_suffix(std::string_view name, std::size_t count) {
  if (count == 0) return {};
  if (name == ".") return name;
  for (std::size_t at = name.size(); at-- > 0;) {
    if (name[at] != '.') continue;
    std::size_t escapes = 0;
    while (escapes < at && name[at - 1 - escapes] == '\\') ++escapes;
    if (escapes % 2 == 0 && --count == 0) return name.substr(at + 1);
  }
  return name;
}

}  // namespace dnstorm::operators
