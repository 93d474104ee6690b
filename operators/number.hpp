// Reads a field of any unsigned type, or of any number at all, as one type. For options that name
// "some numeric field".
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {

inline bool is_unsigned(Type type) {
  return type == Type::u8 || type == Type::u16 || type == Type::u32 || type == Type::u64;
}

inline bool is_number(Type type) {
  return is_unsigned(type) || type == Type::i64 || type == Type::f64;
}

class NumberRef {
 public:
  NumberRef() = default;
  // Absent if the schema has no such field; its type must be unsigned (`declare` has checked it).
  NumberRef(const Schema& schema, const std::string& name) {
    auto index = schema.find(name);
    if (!index) return;
    DNSTORM_ASSERT(is_unsigned(schema.field(*index).type), "a number is read from another type",
                   name);
    offset_ = schema.offset(*index);
    width_ = size_of(schema.field(*index).type);
  }
  bool present() const { return width_ != 0; }
  std::uint64_t get(const RowView& row) const {
    // What is read of every row, as a response code, has one byte.
    if (width_ == 1) [[likely]]
      return row.get(FieldRef<std::uint8_t>{offset_});
    return get_wide(row);
  }

 private:
  std::uint64_t get_wide(const RowView& row) const {
    switch (width_) {
      case 2:
        return row.get(FieldRef<std::uint16_t>{offset_});
      case 4:
        return row.get(FieldRef<std::uint32_t>{offset_});
      case 8:
        return row.get(FieldRef<std::uint64_t>{offset_});
      default:
        return 0;
    }
  }
  std::uint32_t offset_ = 0;
  std::uint32_t width_ = 0;
};

// As double: whole numbers beyond 2^53 lose their last digits.
class RealRef {
 public:
  RealRef() = default;
  // Absent if the schema has no such field; its type must be a number.
  RealRef(const Schema& schema, const std::string& name) {
    auto index = schema.find(name);
    if (!index) return;
    type_ = schema.field(*index).type;
    if (is_unsigned(type_))
      number_ = NumberRef(schema, name);
    else
      DNSTORM_ASSERT(is_number(type_), "a number is read from another type", name);
    offset_ = schema.offset(*index);
  }
  bool present() const { return offset_ != FieldRef<double>::absent; }
  double get(const RowView& row) const {
    if (type_ == Type::f64) return row.get(FieldRef<double>{offset_});
    if (type_ == Type::i64) return static_cast<double>(row.get(FieldRef<std::int64_t>{offset_}));
    return static_cast<double>(number_.get(row));
  }

 private:
  Type type_ = Type::u64;
  NumberRef number_;
  std::uint32_t offset_ = FieldRef<double>::absent;
};

}  // namespace dnstorm::operators
