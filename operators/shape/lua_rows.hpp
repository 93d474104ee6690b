// Expressions in Lua 5.4 over the fields of a row, for options that take one:
//
//   qtype == 28 and (size > 512 or tc)      qname:upper()      size // 100 * 100
//
// Expressions only: no functions, statements or loops, so a row leaves nothing behind for the next
// one, and each ends soon (lua_sandbox.hpp). A field is read as the type that Lua has for it:
// numbers and times as integers or floats (u64 beyond 2^63-1 as floats), true and false, texts,
// addresses as texts. One interpreter a task; not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/task_context.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::operators {

inline constexpr std::size_t lua_text_max = 65535;  // bytes of a text that goes into a field

// What an expression gave. A text is valid until the next run.
struct LuaValue {
  enum class Kind : std::uint8_t { failed, limited, boolean, integer, real, text, other };
  Kind kind = Kind::other;  // failed: an error of Lua; limited: too much work or memory
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text = {};  // also what went wrong
};

class LuaRows {
 public:
  LuaRows();
  ~LuaRows();
  LuaRows(const LuaRows&) = delete;
  LuaRows& operator=(const LuaRows&) = delete;

  // Takes an expression; the first one is number 0. The error says where it is wrong and names
  // `subject`.
  Result<void> add(std::string_view expression, const Schema& schema, const std::string& subject);
  // The fields that expression reads.
  const std::vector<std::string>& fields(std::size_t number) const;
  LuaValue run(std::size_t number, const RowView& row);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The fields that these expressions read, each once; their errors as of LuaRows::add().
Result<std::vector<std::string>> lua_fields(const std::vector<std::string>& expressions,
                                            const Schema& schema, const std::string& subject);

// Writes a value into a field, if it fits: a whole number within the type's limits, a number that
// is finite, an address as a text.
bool write_lua_value(const LuaValue& value, Type type, std::uint32_t offset, RowWriter& row);

// Counts rows for which an expression has given no value, by reason.
class LuaFaults {
 public:
  void prepare(const TaskContext& task);
  // `value` was of no use.
  void count(const LuaValue& value);

 private:
  Counter* failed_ = nullptr;
  Counter* limited_ = nullptr;
  Counter* unfit_ = nullptr;
};

}  // namespace dnstorm::operators
