// The schema of a stream: ordered, named, typed fields, and where each lies in a packed row.
// A value, made once when a topology is built and shared by all batches of the stream.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ip.hpp"
#include "engine/base/time.hpp"

namespace dnstorm {

enum class Type : std::uint8_t { boolean, u8, u16, u32, u64, i64, f64, time, ip, str, bytes };

std::string_view to_string(Type type);

// What a field is for. Sinks need no configuration because of it.
enum class Role : std::uint8_t {
  plain,       // an attribute of the row
  time,        // event time; of an aggregate: the start of the window
  window_end,  // the end of the window
  key,         // a dimension of an aggregate: becomes a tag
  value,       // a measured number: becomes a field
};

// What one value says of several rows together.
enum class Fold : std::uint8_t {
  none,      // nothing: a quantile, a number of different things, a text
  sum,       // their sum
  least,     // the least of them
  greatest,  // the greatest
};

struct Field {
  std::string name;
  Type type = Type::u64;
  Role role = Role::plain;
  // Names a table that turns the number into text for people ("qtype", "rcode"); empty: none.
  std::string labels = {};
  // True for values from an open set (names, addresses): never a tag.
  bool unbounded = false;
  std::string help = {};
  // Of Role::value: how sinks put the values of rows together that become one point.
  Fold fold = Fold::none;
};

// Cells of variable-length fields: where the bytes lie in the batch's arena.
struct StrCell {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  std::uint64_t hash = 0;  // XXH3 of the bytes, computed once by whoever wrote the row
};
struct BytesCell {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};
// Type marks for FieldRef<Str> and FieldRef<Bytes>.
struct Str {};
struct Bytes {};

// A field resolved to its place in the row. Default-constructed: the field is not there (it was
// pruned, because nobody downstream reads it).
template <class T>
struct FieldRef {
  static constexpr std::uint32_t absent = ~std::uint32_t{0};
  std::uint32_t offset = absent;
  bool present() const { return offset != absent; }
};

std::uint32_t size_of(Type type);
std::uint32_t alignment_of(Type type);

class Schema {
 public:
  Schema() = default;
  explicit Schema(std::vector<Field> fields);

  const std::vector<Field>& fields() const { return fields_; }
  std::size_t size() const { return fields_.size(); }
  const Field& field(std::size_t i) const { return fields_[i]; }
  std::uint32_t offset(std::size_t i) const { return offsets_[i]; }
  // Bytes of one packed row, a multiple of 8.
  std::uint32_t row_size() const { return row_size_; }
  std::optional<std::size_t> find(std::string_view name) const;
  // The first field with that role.
  std::optional<std::size_t> find(Role role) const;
  // "qname, qtype, ...": for diagnostics.
  std::string names() const;

  // Resolves a field of type T; absent if there is no such field. A field of another type is a bug
  // of the caller: declare() has checked types before.
  template <class T>
  FieldRef<T> ref(std::string_view name) const {
    auto index = find(name);
    if (!index) return {};
    check_type(*index, type_of(static_cast<T*>(nullptr)));
    return FieldRef<T>{offsets_[*index]};
  }

  // The same stream with only the named fields, in the order of this schema.
  Schema pruned(const std::vector<std::string>& keep) const;

 private:
  static Type type_of(bool*) { return Type::boolean; }
  static Type type_of(std::uint8_t*) { return Type::u8; }
  static Type type_of(std::uint16_t*) { return Type::u16; }
  static Type type_of(std::uint32_t*) { return Type::u32; }
  static Type type_of(std::uint64_t*) { return Type::u64; }
  static Type type_of(std::int64_t*) { return Type::i64; }  // also time
  static Type type_of(double*) { return Type::f64; }
  static Type type_of(IpAddress*) { return Type::ip; }
  static Type type_of(Str*) { return Type::str; }
  static Type type_of(Bytes*) { return Type::bytes; }
  void check_type(std::size_t index, Type wanted) const;

  std::vector<Field> fields_;
  std::vector<std::uint32_t> offsets_;
  std::uint32_t row_size_ = 8;
};

using SchemaPtr = std::shared_ptr<const Schema>;

}  // namespace dnstorm
