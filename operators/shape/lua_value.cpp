#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

#include "operators/shape/lua_rows.hpp"

namespace dnstorm::operators {

namespace {

// A whole number is one, whether Lua has it as an integer or as a float; beyond 2^63 as a float.
template <class T>
std::optional<T> whole(const LuaValue& value) {
  if (value.kind == LuaValue::Kind::integer) {
    if (!std::in_range<T>(value.integer)) return std::nullopt;
    return static_cast<T>(value.integer);
  }
  if (value.kind != LuaValue::Kind::real || value.real != std::trunc(value.real))
    return std::nullopt;
  // The limit above the greatest is a power of two, which a float holds exactly.
  double above = std::ldexp(1.0, std::numeric_limits<T>::digits);
  double least = std::is_signed_v<T> ? -above : 0;
  if (!(value.real >= least && value.real < above)) return std::nullopt;
  return static_cast<T>(value.real);
}

template <class T>
bool write_whole(const LuaValue& value, std::uint32_t offset, RowWriter& row) {
  auto number = whole<T>(value);
  if (number) row.set(FieldRef<T>{offset}, *number);
  return number.has_value();
}

bool write_real(const LuaValue& value, std::uint32_t offset, RowWriter& row) {
  bool integer = value.kind == LuaValue::Kind::integer;
  if (!integer && value.kind != LuaValue::Kind::real) return false;
  double number = integer ? static_cast<double>(value.integer) : value.real;
  if (!std::isfinite(number)) return false;
  row.set(FieldRef<double>{offset}, number);
  return true;
}

// Of texts.
bool write_text(const LuaValue& value, Type type, std::uint32_t offset, RowWriter& row) {
  if (value.kind != LuaValue::Kind::text || value.text.size() > lua_text_max) return false;
  if (type == Type::str) {
    row.set_str(FieldRef<Str>{offset}, value.text);
  } else if (type == Type::bytes) {
    auto* bytes = reinterpret_cast<const std::uint8_t*>(value.text.data());
    row.set_bytes(FieldRef<Bytes>{offset}, {bytes, value.text.size()});
  } else {
    auto address = parse_ip(value.text);
    if (!address) return false;
    row.set(FieldRef<IpAddress>{offset}, *address);
  }
  return true;
}

}  // namespace

bool write_lua_value(const LuaValue& value, Type type, std::uint32_t offset, RowWriter& row) {
  switch (type) {
    case Type::boolean:
      if (value.kind != LuaValue::Kind::boolean) return false;
      row.set(FieldRef<bool>{offset}, value.boolean);
      return true;
    case Type::u8:
      return write_whole<std::uint8_t>(value, offset, row);
    case Type::u16:
      return write_whole<std::uint16_t>(value, offset, row);
    case Type::u32:
      return write_whole<std::uint32_t>(value, offset, row);
    case Type::u64:
      return write_whole<std::uint64_t>(value, offset, row);
    case Type::i64:
    case Type::time:
      return write_whole<std::int64_t>(value, offset, row);
    case Type::f64:
      return write_real(value, offset, row);
    case Type::ip:
    case Type::str:
    case Type::bytes:
      return write_text(value, type, offset, row);
  }
  return false;
}

void LuaFaults::prepare(const TaskContext& task) {
  failed_ = &task.counter("expression_failed");
  limited_ = &task.counter("expression_limited");
  unfit_ = &task.counter("expression_unfit");
}

void LuaFaults::count(const LuaValue& value) {
  if (value.kind == LuaValue::Kind::failed)
    failed_->add();
  else if (value.kind == LuaValue::Kind::limited)
    limited_->add();
  else
    unfit_->add();
}

}  // namespace dnstorm::operators
