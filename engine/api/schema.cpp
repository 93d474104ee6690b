#include "engine/api/schema.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm {

std::string_view to_string(Type type) {
  switch (type) {
    case Type::boolean:
      return "bool";
    case Type::u8:
      return "u8";
    case Type::u16:
      return "u16";
    case Type::u32:
      return "u32";
    case Type::u64:
      return "u64";
    case Type::i64:
      return "i64";
    case Type::f64:
      return "f64";
    case Type::time:
      return "time";
    case Type::ip:
      return "ip";
    case Type::str:
      return "string";
    case Type::bytes:
      return "bytes";
  }
  return "?";
}

std::uint32_t size_of(Type type) {
  switch (type) {
    case Type::boolean:
    case Type::u8:
      return 1;
    case Type::u16:
      return 2;
    case Type::u32:
      return 4;
    case Type::u64:
    case Type::i64:
    case Type::f64:
    case Type::time:
    case Type::bytes:
      return 8;
    case Type::ip:
    case Type::str:
      return 16;
  }
  return 8;
}

std::uint32_t alignment_of(Type type) {
  std::uint32_t size = size_of(type);
  return size > 8 ? 8 : size;
}

Schema::Schema(std::vector<Field> fields) : fields_(std::move(fields)), offsets_(fields_.size()) {
  // Wide fields first: no padding between cells whatever the declared order.
  std::uint32_t at = 0;
  for (std::uint32_t width : {16u, 8u, 4u, 2u, 1u}) {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (size_of(fields_[i].type) != width) continue;
      offsets_[i] = at;
      at += width;
    }
  }
  row_size_ = std::max<std::uint32_t>(8, (at + 7) / 8 * 8);
}

std::optional<std::size_t> Schema::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i)
    if (fields_[i].name == name) return i;
  return std::nullopt;
}

std::optional<std::size_t> Schema::find(Role role) const {
  for (std::size_t i = 0; i < fields_.size(); ++i)
    if (fields_[i].role == role) return i;
  return std::nullopt;
}

std::string Schema::names() const {
  std::string text;
  for (const Field& field : fields_) {
    if (!text.empty()) text += ", ";
    text += field.name;
  }
  return text;
}

Schema Schema::pruned(const std::vector<std::string>& keep) const {
  std::vector<Field> kept;
  for (const Field& field : fields_)
    if (std::find(keep.begin(), keep.end(), field.name) != keep.end()) kept.push_back(field);
  return Schema(std::move(kept));
}

void Schema::check_type(std::size_t index, Type wanted) const {
  Type is = fields_[index].type;
  if (is == Type::time) is = Type::i64;
  DNSTORM_ASSERT(is == wanted, "a field is read as another type", fields_[index].name,
                 to_string(is), to_string(wanted));
}

}  // namespace dnstorm
