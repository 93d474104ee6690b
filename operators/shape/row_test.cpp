#include "operators/shape/row_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "operators/labels.hpp"

namespace dnstorm::operators {

namespace {

Error fault(const FilterCondition& condition, const std::string& what) {
  return {ErrorKind::config,
          fmt::format("in the filter, '{} {}': {}", condition.field, to_string(condition.op), what),
          "where"};
}

bool is_list(FilterOp op) { return op == FilterOp::in || op == FilterOp::not_in; }
bool is_order(FilterOp op) { return op >= FilterOp::less && op <= FilterOp::greater_equal; }
bool is_text(FilterOp op) { return op >= FilterOp::contains; }
bool is_negative(FilterOp op) { return op == FilterOp::not_equal || op == FilterOp::not_in; }

// Keeps the rows for which test(row) holds, without a branch on the outcome.
template <class Test>
void keep(const Batch& batch, Selection& rows, Test&& test) {
  std::size_t kept = 0;
  for (std::uint16_t number : rows) {
    rows[kept] = number;
    kept += static_cast<std::size_t>(test(RowView(batch.row(number), batch.arena())));
  }
  rows.resize(kept);
}

// == and != are lists of one value.
template <class T>
class SetTest final : public RowTest {
 public:
  SetTest(FieldRef<T> field, std::vector<T> values, bool negative)
      : field_(field), values_(std::move(values)), negative_(negative) {
    std::sort(values_.begin(), values_.end());
  }
  void narrow(const Batch& batch, Selection& rows) const override {
    if (values_.size() == 1) {
      keep(batch, rows, [this, one = values_[0]](const RowView& row) {
        return (row.get(field_) == one) != negative_;
      });
      return;
    }
    keep(batch, rows, [this](const RowView& row) {
      return std::binary_search(values_.begin(), values_.end(), row.get(field_)) != negative_;
    });
  }

 private:
  FieldRef<T> field_;
  std::vector<T> values_;
  bool negative_;
};

template <class T>
class OrderTest final : public RowTest {
 public:
  OrderTest(FieldRef<T> field, FilterOp op, T limit) : field_(field), op_(op), limit_(limit) {}
  void narrow(const Batch& batch, Selection& rows) const override {
    switch (op_) {
      case FilterOp::less:
        return pick(batch, rows, std::less<T>());
      case FilterOp::less_equal:
        return pick(batch, rows, std::less_equal<T>());
      case FilterOp::greater:
        return pick(batch, rows, std::greater<T>());
      default:
        return pick(batch, rows, std::greater_equal<T>());
    }
  }

 private:
  template <class Compare>
  void pick(const Batch& batch, Selection& rows, Compare compare) const {
    keep(batch, rows, [&](const RowView& row) { return compare(row.get(field_), limit_); });
  }
  FieldRef<T> field_;
  FilterOp op_;
  T limit_;
};

struct Prefix {
  IpAddress address;
  unsigned bits = 128;
  bool holds(const IpAddress& ip) const {
    unsigned bytes = bits / 8;
    if (std::memcmp(ip.bytes.data(), address.bytes.data(), bytes) != 0) return false;
    unsigned rest = bits % 8;
    return rest == 0 || (ip.bytes[bytes] ^ address.bytes[bytes]) >> (8 - rest) == 0;
  }
};

class AddressTest final : public RowTest {
 public:
  AddressTest(FieldRef<IpAddress> field, std::vector<Prefix> prefixes, bool negative)
      : field_(field), prefixes_(std::move(prefixes)), negative_(negative) {}
  void narrow(const Batch& batch, Selection& rows) const override {
    keep(batch, rows, [this](const RowView& row) {
      IpAddress ip = row.get(field_);
      bool held = std::any_of(prefixes_.begin(), prefixes_.end(),
                              [&](const Prefix& prefix) { return prefix.holds(ip); });
      return held != negative_;
    });
  }

 private:
  FieldRef<IpAddress> field_;
  std::vector<Prefix> prefixes_;
  bool negative_;
};

class TextTest final : public RowTest {
 public:
  TextTest(FieldRef<Str> field, FilterOp op, std::vector<std::string> values)
      : field_(field), op_(op), values_(std::move(values)) {}
  void narrow(const Batch& batch, Selection& rows) const override {
    std::string_view value = values_[0];
    switch (op_) {
      case FilterOp::contains:
        return keep(batch, rows, [&](const RowView& row) {
          return row.get(field_).find(value) != std::string_view::npos;
        });
      case FilterOp::starts_with:
        return keep(batch, rows,
                    [&](const RowView& row) { return row.get(field_).starts_with(value); });
      case FilterOp::ends_with:
        return keep(batch, rows,
                    [&](const RowView& row) { return row.get(field_).ends_with(value); });
      case FilterOp::under:
        return keep(batch, rows,
                    [&](const RowView& row) { return is_under(row.get(field_), value); });
      default: {
        bool negative = is_negative(op_);
        keep(batch, rows, [&](const RowView& row) {
          std::string_view text = row.get(field_);
          return (std::find(values_.begin(), values_.end(), text) != values_.end()) != negative;
        });
      }
    }
  }

 private:
  static bool is_under(std::string_view name, std::string_view zone) {
    if (!name.ends_with(zone)) return false;
    std::size_t rest = name.size() - zone.size();
    return rest == 0 || zone.empty() || name[rest - 1] == '.';
  }
  FieldRef<Str> field_;
  FilterOp op_;
  std::vector<std::string> values_;
};

template <class T>
std::optional<T> parse_number(const std::string& text, const std::string& labels) {
  if constexpr (std::is_unsigned_v<T>) {
    if (auto value = label_value(labels, text)) {
      if (*value <= std::numeric_limits<T>::max()) return static_cast<T>(*value);
      return std::nullopt;
    }
  }
  T value{};
  const char* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || rest != end) return std::nullopt;
  return value;
}

template <class T>
Result<std::unique_ptr<RowTest>> number_test(const FilterCondition& condition, const Field& field,
                                             std::uint32_t offset) {
  if (is_text(condition.op))
    return fault(condition, "this operator is for text, the field is a number");
  std::vector<T> values;
  for (const std::string& literal : condition.literals) {
    auto value = parse_number<T>(literal, field.labels);
    if (!value)
      return fault(condition,
                   fmt::format("'{}' is not a {}{}", literal, to_string(field.type),
                               field.labels.empty() ? "" : " or a name of a " + field.labels));
    values.push_back(*value);
  }
  if (is_order(condition.op))
    return std::unique_ptr<RowTest>(
        std::make_unique<OrderTest<T>>(FieldRef<T>{offset}, condition.op, values[0]));
  return std::unique_ptr<RowTest>(std::make_unique<SetTest<T>>(
      FieldRef<T>{offset}, std::move(values), is_negative(condition.op)));
}

Result<std::unique_ptr<RowTest>> boolean_test(const FilterCondition& condition, const Field& field,
                                              std::uint32_t offset) {
  if (condition.op != FilterOp::equal && condition.op != FilterOp::not_equal)
    return fault(condition, "a bool can only be compared with == and !=");
  const std::string& literal = condition.literals[0];
  auto named = field.labels.empty() ? std::nullopt : label_value(field.labels, literal);
  if (literal != "true" && literal != "false" && !named)
    return fault(condition, fmt::format("'{}' is neither true nor false", literal));
  bool value = named ? *named != 0 : literal == "true";
  bool wanted = value == (condition.op == FilterOp::equal);
  // A bool is read as its byte: std::vector<bool> has no use here.
  return std::unique_ptr<RowTest>(std::make_unique<SetTest<std::uint8_t>>(
      FieldRef<std::uint8_t>{offset},
      std::vector<std::uint8_t>{wanted ? std::uint8_t{1} : std::uint8_t{0}}, false));
}

std::optional<Prefix> parse_prefix(std::string_view text) {
  std::size_t slash = text.find('/');
  auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  Prefix prefix{*address, 128};
  if (slash == std::string_view::npos) return prefix;
  std::string bits_text(text.substr(slash + 1));
  auto bits = parse_number<std::uint8_t>(bits_text, "");
  // IPv4 is kept mapped: its prefixes are 96 bits longer.
  unsigned mapped =
      address->is_v4() && text.substr(0, slash).find(':') == std::string_view::npos ? 96 : 0;
  if (!bits || *bits + mapped > 128) return std::nullopt;
  prefix.bits = *bits + mapped;
  return prefix;
}

Result<std::unique_ptr<RowTest>> address_test(const FilterCondition& condition,
                                              std::uint32_t offset) {
  if (is_order(condition.op) || is_text(condition.op))
    return fault(condition, "an address can only be compared with ==, !=, in and not in");
  std::vector<Prefix> prefixes;
  for (const std::string& literal : condition.literals) {
    auto prefix = parse_prefix(literal);
    if (!prefix)
      return fault(condition,
                   fmt::format("'{}' is neither an address nor a prefix such as 192.0.2.0/24 "
                               "or 2001:db8::/32",
                               literal));
    if (!is_list(condition.op) && prefix->bits != 128)
      return fault(condition, fmt::format("'{}' is a prefix; write 'in' instead", literal));
    prefixes.push_back(*prefix);
  }
  return std::unique_ptr<RowTest>(std::make_unique<AddressTest>(
      FieldRef<IpAddress>{offset}, std::move(prefixes), is_negative(condition.op)));
}

Result<std::unique_ptr<RowTest>> text_test(const FilterCondition& condition, std::uint32_t offset) {
  if (is_order(condition.op))
    return fault(condition,
                 "text has no order here; use ==, in, contains, "
                 "starts_with, ends_with or under");
  std::vector<std::string> values = condition.literals;
  if (condition.op == FilterOp::under) {
    std::string& zone = values[0];
    std::transform(zone.begin(), zone.end(), zone.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    // Names stand in rows without the last dot, and everything is under the root.
    if (zone.ends_with('.')) zone.pop_back();
  }
  return std::unique_ptr<RowTest>(
      std::make_unique<TextTest>(FieldRef<Str>{offset}, condition.op, std::move(values)));
}

}  // namespace

Result<std::unique_ptr<RowTest>> make_row_test(const FilterCondition& condition,
                                               const Schema& schema) {
  std::size_t index = schema.find(condition.field).value();
  const Field& field = schema.field(index);
  std::uint32_t offset = schema.offset(index);
  switch (field.type) {
    case Type::boolean:
      return boolean_test(condition, field, offset);
    case Type::u8:
      return number_test<std::uint8_t>(condition, field, offset);
    case Type::u16:
      return number_test<std::uint16_t>(condition, field, offset);
    case Type::u32:
      return number_test<std::uint32_t>(condition, field, offset);
    case Type::u64:
      return number_test<std::uint64_t>(condition, field, offset);
    case Type::i64:
      return number_test<std::int64_t>(condition, field, offset);
    case Type::f64:
      return number_test<double>(condition, field, offset);
    case Type::ip:
      return address_test(condition, offset);
    case Type::str:
      return text_test(condition, offset);
    case Type::time:
    case Type::bytes:
      break;
  }
  return fault(condition,
               fmt::format("a field of type {} cannot be filtered on", to_string(field.type)));
}

}  // namespace dnstorm::operators
