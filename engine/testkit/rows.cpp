#include "engine/testkit/rows.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <variant>

namespace dnstorm::testkit {

namespace {

// Booleans and unsigned numbers; signed numbers and times; ...; text and bytes.
using Value = std::variant<std::uint64_t, std::int64_t, double, IpAddress, std::string>;

Error wrong(const Field& field, std::string_view written, std::string_view wanted) {
  return {ErrorKind::data,
          fmt::format("field '{}' ({}) takes {}, not '{}'", field.name, to_string(field.type),
                      wanted, written.substr(0, 60)),
          field.name};
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || rest != end) return std::nullopt;
  return value;
}

std::uint64_t max_of(Type type) {
  std::uint32_t bits = size_of(type) * 8;
  return bits == 64 ? std::numeric_limits<std::uint64_t>::max() : (std::uint64_t{1} << bits) - 1;
}

Result<Value> parse_unsigned(const Field& field, std::string_view text, const Labels& labels) {
  auto value = parse_number<std::uint64_t>(text);
  if (!value && !field.labels.empty() && labels.value) value = labels.value(field.labels, text);
  if (value && *value <= max_of(field.type)) return Value(*value);
  return wrong(field, text,
               fmt::format("a number from 0 to {}{}", max_of(field.type),
                           field.labels.empty() ? "" : " or its name"));
}

Result<Value> parse_boolean(const Field& field, std::string_view text, const Labels& labels) {
  if (text == "true" || text == "1") return Value(std::uint64_t{1});
  if (text == "false" || text == "0") return Value(std::uint64_t{0});
  std::optional<std::uint64_t> named;
  if (!field.labels.empty() && labels.value) named = labels.value(field.labels, text);
  if (named && *named <= 1) return Value(*named);
  return wrong(field, text, field.labels.empty() ? "true or false" : "true, false or its name");
}

Result<Value> parse_hex(const Field& field, std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned byte = 0;
    auto [rest, problem] = std::from_chars(&text[i], &text[i] + 2, byte, 16);
    if (problem != std::errc() || rest != &text[i] + 2)
      return wrong(field, text, "bytes in hexadecimal");
    bytes.push_back(static_cast<char>(byte));
  }
  if (text.size() % 2 != 0) return wrong(field, text, "bytes in hexadecimal");
  return Value(std::move(bytes));
}

template <class T>
Result<Value> or_wrong(const std::optional<T>& value, const Field& field, std::string_view text,
                       std::string_view wanted) {
  if (value) return Value(*value);
  return wrong(field, text, wanted);
}

Result<Value> parse_value(const Field& field, std::string_view text, const Labels& labels) {
  switch (field.type) {
    case Type::boolean:
      return parse_boolean(field, text, labels);
    case Type::u8:
    case Type::u16:
    case Type::u32:
    case Type::u64:
      return parse_unsigned(field, text, labels);
    case Type::i64:
      return or_wrong(parse_number<std::int64_t>(text), field, text, "a whole number");
    case Type::f64:
      return or_wrong(parse_number<double>(text), field, text, "a number");
    case Type::time:
      return or_wrong(parse_time(text), field, text, "a time as 5s or 2026-01-31T12:00:00Z");
    case Type::ip:
      return or_wrong(parse_ip(text), field, text, "an address");
    case Type::str:
      return Value(std::string(text));
    case Type::bytes:
      return parse_hex(field, text);
  }
  return wrong(field, text, "nothing");
}

std::string text_of(const Field& field, const Value& value, const Labels& labels) {
  if (field.type == Type::time) return time_text(std::get<std::int64_t>(value));
  if (const auto* number = std::get_if<std::uint64_t>(&value)) {
    bool named = !field.labels.empty() && labels.text;
    if (named) return labels.text(field.labels, *number);
    if (field.type == Type::boolean) return *number != 0 ? "true" : "false";
    return std::to_string(*number);
  }
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* address = std::get_if<IpAddress>(&value)) return format_ip(*address);
  const auto& text = std::get<std::string>(value);
  if (field.type == Type::str) return text;
  std::string hex;
  for (char byte : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

template <class T>
FieldRef<T> at(std::uint32_t offset) {
  return FieldRef<T>{offset};
}

Value read(const Schema& schema, std::size_t index, const RowView& row) {
  std::uint32_t offset = schema.offset(index);
  switch (schema.field(index).type) {
    case Type::boolean:
      return std::uint64_t{row.get(at<bool>(offset))};
    case Type::u8:
      return std::uint64_t{row.get(at<std::uint8_t>(offset))};
    case Type::u16:
      return std::uint64_t{row.get(at<std::uint16_t>(offset))};
    case Type::u32:
      return std::uint64_t{row.get(at<std::uint32_t>(offset))};
    case Type::u64:
      return row.get(at<std::uint64_t>(offset));
    case Type::i64:
    case Type::time:
      return row.get(at<std::int64_t>(offset));
    case Type::f64:
      return row.get(at<double>(offset));
    case Type::ip:
      return row.get(at<IpAddress>(offset));
    case Type::str:
      return std::string(row.get(at<Str>(offset)));
    case Type::bytes: {
      auto bytes = row.get(at<Bytes>(offset));
      return std::string(bytes.begin(), bytes.end());
    }
  }
  return std::uint64_t{0};
}

void write(const Schema& schema, std::size_t index, const Value& value, RowWriter& row) {
  std::uint32_t offset = schema.offset(index);
  auto number = [&] { return std::get<std::uint64_t>(value); };
  switch (schema.field(index).type) {
    case Type::boolean:
      return row.set(at<bool>(offset), number() != 0);
    case Type::u8:
      return row.set(at<std::uint8_t>(offset), static_cast<std::uint8_t>(number()));
    case Type::u16:
      return row.set(at<std::uint16_t>(offset), static_cast<std::uint16_t>(number()));
    case Type::u32:
      return row.set(at<std::uint32_t>(offset), static_cast<std::uint32_t>(number()));
    case Type::u64:
      return row.set(at<std::uint64_t>(offset), number());
    case Type::i64:
    case Type::time:
      return row.set(at<std::int64_t>(offset), std::get<std::int64_t>(value));
    case Type::f64:
      return row.set(at<double>(offset), std::get<double>(value));
    case Type::ip:
      return row.set(at<IpAddress>(offset), std::get<IpAddress>(value));
    case Type::str:
      return row.set_str(at<Str>(offset), std::get<std::string>(value));
    case Type::bytes: {
      const auto& text = std::get<std::string>(value);
      return row.set_bytes(at<Bytes>(offset),
                           {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    }
  }
}

std::optional<TimeNs> parse_calendar(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute,
                  &second, &used) < 6)
    return std::nullopt;
  std::string_view rest = std::string_view(text).substr(static_cast<std::size_t>(used));
  std::int64_t fraction = 0;
  if (rest.starts_with('.')) {
    std::size_t digits = rest.find_first_not_of("0123456789", 1);
    if (digits == std::string_view::npos || digits == 1 || digits > 10) return std::nullopt;
    std::string padded(rest.substr(1, digits - 1));
    padded.resize(9, '0');
    fraction = *parse_number<std::int64_t>(padded);
    rest.remove_prefix(digits);
  }
  std::chrono::year_month_day date{std::chrono::year(year),
                                   std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60 || rest != "Z" || year < 1700 ||
      year > 2250)
    return std::nullopt;
  auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return (TimeNs{days} * 86'400 + hour * 3'600 + minute * 60 + second) * ns_per_s + fraction;
}

}  // namespace

std::optional<TimeNs> parse_time(std::string_view text) {
  bool negative = text.starts_with('-');
  std::string_view digits = text.substr(negative ? 1 : 0);
  std::size_t unit = digits.find_first_not_of("0123456789");
  if (unit == 4 && digits[4] == '-') return parse_calendar(std::string(text));
  std::optional<DurationNs> size;
  if (unit == std::string_view::npos) unit = digits.size();
  // Whole numbers exactly: a double ends at 2^53.
  if (auto whole = parse_number<std::int64_t>(digits.substr(0, unit))) {
    auto one = parse_duration(fmt::format("1{}", digits.substr(unit)));
    if (one && *one > 0 && *whole <= time_max / *one) size = *whole * *one;
  }
  if (!size) size = parse_duration(digits);
  if (!size) return std::nullopt;
  return negative ? -*size : *size;
}

std::string time_text(TimeNs time) {
  constexpr TimeNs far = 366LL * 86'400 * ns_per_s;
  if (time > far || time < -far) return format_time(time);
  TimeNs size = time < 0 ? -time : time;
  std::string text = fmt::format("{}{}", time < 0 ? "-" : "", size / ns_per_s);
  if (size % ns_per_s != 0) {
    std::string fraction = fmt::format(".{:09}", size % ns_per_s);
    text += fraction.substr(0, fraction.find_last_not_of('0') + 1);
  }
  return text + "s";
}

Result<std::string> normal_text(const Field& field, std::string_view written,
                                const Labels& labels) {
  Value value = DNSTORM_TRY(parse_value(field, written, labels));
  return text_of(field, value, labels);
}

std::string cell_text(const Schema& schema, std::size_t index, const RowView& row,
                      const Labels& labels) {
  return text_of(schema.field(index), read(schema, index, row), labels);
}

Result<void> write_cell(const Schema& schema, std::size_t index, std::string_view written,
                        RowWriter& row, const Labels& labels) {
  Value value = DNSTORM_TRY(parse_value(schema.field(index), written, labels));
  write(schema, index, value, row);
  return {};
}

}  // namespace dnstorm::testkit
