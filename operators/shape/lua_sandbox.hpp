// What an expression in Lua may use, and how much: functions of texts and numbers that give the
// same for the same, see nothing of the machine, and end soon. Not there: io, os, load, random,
// pairs (its order differs from run to run), and what would print the address of a table.
//
// An expression has no loops. What could take long is bounded before it begins: memory by the
// allocator, and a search for a pattern by its size and the number of its repetitions (Lua goes
// back and tries again, so each multiplies the work by the size of the text).
#pragma once

#include <cstddef>
#include <string_view>

struct lua_State;

namespace dnstorm::operators {

// Steps of a search, at most.
inline constexpr std::size_t lua_search_steps_max = 1'000'000;
inline constexpr std::size_t lua_memory_max = std::size_t{4} << 20;  // of one task

// The interpreter's memory: handed to lua_newstate() with lua_allocate().
struct LuaLimits {
  std::size_t used = 0;
  std::size_t max = ~std::size_t{0};
  bool exceeded = false;  // set where a call is ended because of a limit
};
void* lua_allocate(void* limits, void* block, std::size_t old_size, std::size_t new_size);

// Leaves a table with all that an expression may name on the stack. Once a state.
void push_lua_sandbox(lua_State* lua);

// How often a search for that pattern begins anew in the text, at most: 0 for a plain one at the
// text's beginning, one more if it may begin anywhere and for each repetition in it.
std::size_t lua_pattern_degree(std::string_view pattern);

// The last `count` labels of a name in text form: suffix("www.example.com", 2) is example.com.
std::string_view name_suffix(std::string_view name, std::size_t count);

}  // namespace dnstorm::operators
