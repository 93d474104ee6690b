#include "operators/cell_text.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

#include "operators/labels.hpp"

namespace dnstorm::operators {

namespace {

template <class T>
std::optional<T> parse_number(std::string_view text, const std::string& labels) {
  if constexpr (std::is_unsigned_v<T>) {
    if (auto value = label_value(labels, text)) {
      if (*value > std::numeric_limits<T>::max()) return std::nullopt;
      return static_cast<T>(*value);
    }
  }
  T value{};
  const char* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || rest != end) return std::nullopt;
  if constexpr (std::is_floating_point_v<T>)
    if (!std::isfinite(value)) return std::nullopt;
  return value;
}

template <class T>
bool write_number(const Field& field, std::string_view text, RowWriter& row, std::uint32_t offset) {
  auto value = parse_number<T>(text, field.labels);
  if (value) row.set(FieldRef<T>{offset}, *value);
  return value.has_value();
}

bool write_boolean(const Field& field, std::string_view text, RowWriter& row,
                   std::uint32_t offset) {
  auto named = label_value(field.labels, text);
  if (text != "true" && text != "false" && (!named || *named > 1)) return false;
  row.set(FieldRef<bool>{offset}, named ? *named == 1 : text == "true");
  return true;
}

bool write_address(std::string_view text, RowWriter& row, std::uint32_t offset) {
  auto address = parse_ip(text);
  if (address) row.set(FieldRef<IpAddress>{offset}, *address);
  return address.has_value();
}

}  // namespace

bool has_cell_text(Type type) { return type != Type::time && type != Type::bytes; }

bool write_cell_text(const Field& field, std::string_view text, RowWriter& row,
                     std::uint32_t offset) {
  switch (field.type) {
    case Type::boolean:
      return write_boolean(field, text, row, offset);
    case Type::u8:
      return write_number<std::uint8_t>(field, text, row, offset);
    case Type::u16:
      return write_number<std::uint16_t>(field, text, row, offset);
    case Type::u32:
      return write_number<std::uint32_t>(field, text, row, offset);
    case Type::u64:
      return write_number<std::uint64_t>(field, text, row, offset);
    case Type::i64:
      return write_number<std::int64_t>(field, text, row, offset);
    case Type::f64:
      return write_number<double>(field, text, row, offset);
    case Type::ip:
      return write_address(text, row, offset);
    case Type::str:
      row.set_str(FieldRef<Str>{offset}, text);
      return true;
    case Type::time:
    case Type::bytes:
      break;
  }
  DNSTORM_ASSERT(false, "a cell is made of text that has none", field.name);
  return false;
}

}  // namespace dnstorm::operators
