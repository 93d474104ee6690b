#include "operators/shape/lua_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lua.hpp>

#include "engine/api/options.hpp"
#include "operators/field_text.hpp"
#include "operators/shape/lua_sandbox.hpp"
#include "operators/shape/lua_tokens.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t expression_size_max = 4096;

// A field that an expression reads, as an argument of the function that it is compiled to.
struct Argument {
  Type type = Type::u64;
  std::uint32_t offset = 0;
};

struct Expression {
  std::vector<Argument> arguments;
  std::vector<std::string> fields;
  int function = LUA_NOREF;  // in the registry
};

void push_unsigned(lua_State* lua, std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(LUA_MAXINTEGER))
    lua_pushinteger(lua, static_cast<lua_Integer>(value));
  else
    lua_pushnumber(lua, static_cast<lua_Number>(value));
}

// `address`: room for its text that outlives a longjmp().
void push_field(lua_State* lua, const Argument& from, const RowView& row, std::string& address) {
  switch (from.type) {
    case Type::boolean:
      return lua_pushboolean(lua, row.get(FieldRef<bool>{from.offset}));
    case Type::u8:
      return lua_pushinteger(lua, row.get(FieldRef<std::uint8_t>{from.offset}));
    case Type::u16:
      return lua_pushinteger(lua, row.get(FieldRef<std::uint16_t>{from.offset}));
    case Type::u32:
      return lua_pushinteger(lua, row.get(FieldRef<std::uint32_t>{from.offset}));
    case Type::u64:
      return push_unsigned(lua, row.get(FieldRef<std::uint64_t>{from.offset}));
    case Type::i64:
    case Type::time:
      return lua_pushinteger(lua, row.get(FieldRef<std::int64_t>{from.offset}));
    case Type::f64:
      return lua_pushnumber(lua, row.get(FieldRef<double>{from.offset}));
    case Type::ip:
      address = format_ip(row.get(FieldRef<IpAddress>{from.offset}));
      lua_pushlstring(lua, address.data(), address.size());
      return;
    case Type::str: {
      std::string_view text = row.get(FieldRef<Str>{from.offset});
      lua_pushlstring(lua, text.data(), text.size());
      return;
    }
    case Type::bytes: {
      auto bytes = row.get(FieldRef<Bytes>{from.offset});
      lua_pushlstring(lua, reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return;
    }
  }
}

// One run, on its way through Lua's protected call.
struct Run {
  const Expression* expression;
  const RowView* row;
  std::string* address;
};

int call(lua_State* lua) {
  const Run& run = *static_cast<const Run*>(lua_touserdata(lua, 1));
  const auto& arguments = run.expression->arguments;
  luaL_checkstack(lua, static_cast<int>(arguments.size()) + 1, "too many fields");
  lua_rawgeti(lua, LUA_REGISTRYINDEX, run.expression->function);
  for (const Argument& argument : arguments) push_field(lua, argument, *run.row, *run.address);
  lua_call(lua, static_cast<int>(arguments.size()), 1);
  return 1;
}

LuaValue result_of(lua_State* lua) {
  LuaValue value;
  switch (lua_type(lua, -1)) {
    case LUA_TBOOLEAN:
      value.kind = LuaValue::Kind::boolean;
      value.boolean = lua_toboolean(lua, -1) != 0;
      break;
    case LUA_TNUMBER:
      value.kind = lua_isinteger(lua, -1) ? LuaValue::Kind::integer : LuaValue::Kind::real;
      if (lua_isinteger(lua, -1))
        value.integer = lua_tointeger(lua, -1);
      else
        value.real = lua_tonumber(lua, -1);
      break;
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* text = lua_tolstring(lua, -1, &size);
      value.kind = LuaValue::Kind::text;
      value.text = {text, size};
      break;
    }
    default:
      break;
  }
  return value;
}

// What went wrong, as Lua has left it on the stack, without its place: ":1: unexpected symbol ...".
std::string take_message(lua_State* lua) {
  std::string message = lua_isstring(lua, -1) ? lua_tostring(lua, -1) : "an error without a text";
  lua_pop(lua, 1);
  // The parenthesis around the whole expression is none of its author's.
  constexpr std::string_view whole = " (to close '(' at line 1)";
  if (std::size_t at = message.find(whole); at != std::string::npos)
    message.erase(at, whole.size());
  std::size_t place = message.starts_with(':') ? message.find(": ") : std::string::npos;
  return one_line(place == std::string::npos ? message : message.substr(place + 2));
}

// A field `do` is written _do, as are all that have the name of a keyword.
std::string field_of(std::string_view word) {
  bool keyword = word.starts_with('_') && is_lua_keyword(word.substr(1));
  return std::string(keyword ? word.substr(1) : word);
}

// The fields that stand in an expression, each once, and their words in the order of `arguments`.
std::vector<std::string> bind_fields(const std::vector<LuaName>& names, const Schema& schema,
                                     Expression& expression) {
  std::vector<std::string> words;
  for (const LuaName& name : names) {
    if (name.method || !name.owner.empty()) continue;
    std::string field = field_of(name.text);
    auto index = schema.find(field);
    if (!index || std::ranges::find(words, name.text) != words.end()) continue;
    words.emplace_back(name.text);
    expression.fields.push_back(field);
    expression.arguments.push_back({schema.field(*index).type, schema.offset(*index)});
  }
  return words;
}

Result<void> check_tokens(std::string_view expression, const std::vector<LuaToken>& tokens) {
  if (expression.size() > expression_size_max)
    return Error{ErrorKind::config,
                 fmt::format("an expression of {} bytes; at most {} are possible",
                             expression.size(), expression_size_max),
                 ""};
  for (const LuaToken& token : tokens)
    if (token.text == "function")
      return Error{ErrorKind::config,
                   fmt::format("in the expression '{}': it may call functions, and define none",
                               one_line(expression)),
                   ""};
  return {};
}

}  // namespace

struct LuaRows::State {
  LuaLimits limits;
  lua_State* lua = nullptr;
  std::string message;  // what went wrong at last
  int sandbox = LUA_NOREF;
  std::vector<Expression> expressions;
  std::string address;
  std::vector<std::string> known;  // names of the sandbox

  Result<void> add(std::string_view expression, const Schema& schema) {
    const std::vector<LuaToken> tokens = lua_tokens(expression);
    const std::vector<LuaName> names = lua_names(tokens);
    DNSTORM_CHECK(check_tokens(expression, tokens));
    Expression made;
    std::vector<std::string> words = bind_fields(names, schema, made);
    std::string head = words.empty() ? "" : fmt::format("local {} = ... ", fmt::join(words, ","));
    head += "return (";
    limits.max = ~std::size_t{0};
    if (std::string what = compile(head, expression); !what.empty())
      return syntax_error(head, expression, tokens, std::move(what));
    lua_rawgeti(lua, LUA_REGISTRYINDEX, sandbox);
    lua_setupvalue(lua, -2, 1);
    made.function = luaL_ref(lua, LUA_REGISTRYINDEX);
    for (const LuaName& name : names) DNSTORM_CHECK(check(name, expression, schema));
    expressions.push_back(std::move(made));
    return {};
  }

  // Leaves the function on the stack, or answers what is wrong.
  std::string compile(std::string_view head, std::string_view expression) {
    std::string text = fmt::format("{}{}\n)", head, expression);
    int status = luaL_loadbufferx(lua, text.data(), text.size(), "=", "t");
    if (status == LUA_OK) return {};
    return take_message(lua);
  }

  // Lua tells no column: it is that of the first token with which the text cannot be the beginning
  // of any expression, for which Lua says something else than that the end is near.
  Error syntax_error(std::string_view head, std::string_view expression,
                     const std::vector<LuaToken>& tokens, std::string what) {
    std::size_t at = expression.size();
    for (const LuaToken& token : tokens) {
      std::string told = begun(head, expression.substr(0, token.end()));
      bool more_may_follow = told.empty() || told.ends_with("<eof>");
      if (more_may_follow && token.end() < tokens.back().end()) continue;
      if (!told.empty()) what = std::move(told);
      if (!more_may_follow) at = token.at;
      break;
    }
    std::string_view before = expression.substr(0, at);
    auto line = 1 + std::count(before.begin(), before.end(), '\n');
    std::size_t begin = before.rfind('\n') + 1;  // npos + 1 is 0
    return {ErrorKind::config,
            fmt::format("in the expression '{}', line {}, column {}: {}", one_line(expression),
                        line, at - begin + 1, what),
            ""};
  }
  // The same of a part of it.
  std::string begun(std::string_view head, std::string_view part) {
    std::string text = fmt::format("{}{}", head, part);
    if (luaL_loadbufferx(lua, text.data(), text.size(), "=", "t") == LUA_OK) {
      lua_pop(lua, 1);
      return {};
    }
    return take_message(lua);
  }
  bool has_member(const char* table, std::string_view member) {
    lua_rawgeti(lua, LUA_REGISTRYINDEX, sandbox);
    lua_getfield(lua, -1, table);
    lua_getfield(lua, -1, std::string(member).c_str());
    bool has = !lua_isnil(lua, -1);
    lua_pop(lua, 3);
    return has;
  }

  Result<void> check(const LuaName& name, std::string_view expression, const Schema& schema) {
    auto fault = [&](std::string_view what) -> Result<void> {
      return Error{ErrorKind::config,
                   fmt::format("in the expression '{}': {}", one_line(expression), what), ""};
    };
    if (name.method) {
      if (has_member("string", name.text)) return {};
      return fault(fmt::format("there is no function 'string.{}'", name.text));
    }
    bool of_library = name.owner == "string" || name.owner == "math";
    if (of_library && !has_member(std::string(name.owner).c_str(), name.text))
      return fault(fmt::format("there is no function '{}.{}'", name.owner, name.text));
    if (of_library) return {};
    if (!name.owner.empty())
      return fault(fmt::format("'{}' has no parts such as '{}'", name.owner, name.text));
    if (schema.find(field_of(name.text)) || std::ranges::find(known, name.text) != known.end())
      return {};
    std::vector<std::string> words = known;
    for (const Field& field : schema.fields()) words.push_back(field.name);
    std::string hint = nearest(name.text, words);
    return fault(fmt::format(
        "there is no field or function '{}'{}", name.text,
        hint.empty() ? "; fields are " + schema.names() : ", did you mean '" + hint + "'?"));
  }
};

LuaRows::LuaRows() : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.lua = lua_newstate(lua_allocate, &state.limits);
  DNSTORM_ASSERT(state.lua != nullptr, "no memory for Lua", 0);
  push_lua_sandbox(state.lua);
  for (lua_pushnil(state.lua); lua_next(state.lua, -2) != 0; lua_pop(state.lua, 1))
    state.known.emplace_back(lua_tostring(state.lua, -2));
  std::sort(state.known.begin(), state.known.end());
  state.sandbox = luaL_ref(state.lua, LUA_REGISTRYINDEX);
}

LuaRows::~LuaRows() { lua_close(state_->lua); }

Result<void> LuaRows::add(std::string_view expression, const Schema& schema,
                          const std::string& subject) {
  auto added = state_->add(expression, schema);
  if (!added.ok()) added.error().subject = subject;
  return added;
}

const std::vector<std::string>& LuaRows::fields(std::size_t number) const {
  return state_->expressions[number].fields;
}

LuaValue LuaRows::run(std::size_t number, const RowView& row) {
  State& state = *state_;
  state.limits.max = lua_memory_max;
  state.limits.exceeded = false;
  Run run{&state.expressions[number], &row, &state.address};
  lua_settop(state.lua, 0);
  lua_pushcfunction(state.lua, call);
  lua_pushlightuserdata(state.lua, &run);
  int status = lua_pcall(state.lua, 1, 1, 0);
  if (status == LUA_OK) return result_of(state.lua);
  LuaValue value;
  bool limited = status == LUA_ERRMEM || state.limits.exceeded;
  value.kind = limited ? LuaValue::Kind::limited : LuaValue::Kind::failed;
  state.message = take_message(state.lua);
  value.text = state.message;
  return value;
}

Result<std::vector<std::string>> lua_fields(const std::vector<std::string>& expressions,
                                            const Schema& schema, const std::string& subject) {
  LuaRows rows;
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    DNSTORM_CHECK(rows.add(expressions[i], schema, subject));
    for (const std::string& field : rows.fields(i))
      if (std::ranges::find(fields, field) == fields.end()) fields.push_back(field);
  }
  return fields;
}

}  // namespace dnstorm::operators
