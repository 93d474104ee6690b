#include "operators/sinks/point.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "operators/labels.hpp"
#include "operators/sinks/line_protocol.hpp"

namespace dnstorm::operators {

namespace {

Error option_error(std::string subject, std::string what) {
  return {ErrorKind::config, std::move(what), std::move(subject)};
}

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::uint64_t unsigned_cell(const CellReader& cell, const RowView& row) {
  switch (cell.type) {
    case Type::boolean:
      return row.get(FieldRef<bool>{cell.offset}) ? 1 : 0;
    case Type::u8:
      return row.get(FieldRef<std::uint8_t>{cell.offset});
    case Type::u16:
      return row.get(FieldRef<std::uint16_t>{cell.offset});
    case Type::u32:
      return row.get(FieldRef<std::uint32_t>{cell.offset});
    default:
      return row.get(FieldRef<std::uint64_t>{cell.offset});
  }
}

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

Result<void> check_tags(const Options& options, const std::vector<InputDecl>& inputs) {
  std::vector<std::string> names;
  for (const std::string& tag : options.list("tags")) {
    std::size_t equals = tag.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == tag.size())
      return option_error("tags", fmt::format("tag '{}' is not written as name=value", tag));
    std::string name = tag.substr(0, equals);
    if (listed(names, name))
      return option_error("tags", fmt::format("tag '{}' is given twice", name));
    names.push_back(name);
    for (const InputDecl& input : inputs)
      if (auto field = input.schema.find(name);
          field && input.schema.field(*field).role == Role::key)
        return option_error(
            "tags", fmt::format("tag '{}' is a key of '{}' already: give it another name", name,
                                input.component));
  }
  return {};
}

Result<void> check_fields(const Options& options, const std::vector<InputDecl>& inputs) {
  for (const std::string& name : options.list("fields")) {
    bool found = false;
    std::string known;
    for (const InputDecl& input : inputs) {
      auto field = input.schema.find(name);
      known += fmt::format("{}{}", known.empty() ? "" : "; ", input.schema.names());
      if (!field) continue;
      Role role = input.schema.field(*field).role;
      if (role != Role::plain && role != Role::value)
        return option_error("fields", fmt::format("field '{}' of '{}' is a tag or a time already",
                                                  name, input.component));
      found = true;
    }
    if (!found)
      return option_error("fields",
                          fmt::format("no input has a field '{}'; there are: {}", name, known));
  }
  return {};
}

Result<std::vector<std::string>> reads_of(const InputDecl& input,
                                          const std::vector<std::string>& extra, bool bounded) {
  std::vector<std::string> reads;
  bool has_value = false;
  for (const Field& field : input.schema.fields()) {
    bool value =
        field.role == Role::value || (field.role == Role::plain && listed(extra, field.name));
    if (field.role == Role::plain && !value) continue;
    if (field.role == Role::key && field.unbounded && bounded)
      return option_error(
          "unbounded_tags",
          fmt::format(
              "'{}' of '{}' comes from an open set and would make a series of every value: put "
              "`top` before this sink, or set unbounded_tags: true",
              field.name, input.component));
    has_value = has_value || value;
    reads.push_back(field.name);
  }
  if (!input.schema.find(Role::time))
    return option_error("",
                        fmt::format("rows of '{}' have no time: put an aggregate before this sink",
                                    input.component));
  if (!has_value)
    return option_error("fields",
                        fmt::format("rows of '{}' have no value: put an aggregate before this "
                                    "sink, or name some of its fields ({})",
                                    input.component, input.schema.names()));
  return reads;
}

}  // namespace

std::vector<OptionSpec> PointOptions::specs() {
  return {
      {"measurement", OptionType::text, "",
       "name of the measurement; if not given, the id of the component that the rows come from"},
      {"tags", OptionType::list, "", "tags that every point gets, as name=value"},
      {"fields", OptionType::list, "",
       "attributes of the rows to write as fields besides the values"},
  };
}

PointOptions PointOptions::of(const Options& options) {
  PointOptions out;
  out.measurement = options.text("measurement");
  out.fields = options.list("fields");
  for (const std::string& tag : options.list("tags")) {
    std::size_t equals = tag.find('=');
    out.tags.emplace_back(tag.substr(0, equals), tag.substr(equals + 1));
  }
  return out;
}

Result<std::vector<std::vector<std::string>>> point_reads(const Options& options,
                                                          const std::vector<InputDecl>& inputs,
                                                          bool bounded) {
  DNSTORM_CHECK(check_tags(options, inputs));
  DNSTORM_CHECK(check_fields(options, inputs));
  std::vector<std::vector<std::string>> reads;
  for (const InputDecl& input : inputs)
    reads.push_back(DNSTORM_TRY(reads_of(input, options.list("fields"), bounded)));
  return reads;
}

CellReader CellReader::of(const Schema& schema, std::size_t index) {
  const Field& field = schema.field(index);
  return {field.name, field.type, schema.offset(index), field.labels};
}

bool CellReader::numeric() const {
  if (!labels.empty()) return false;
  return type != Type::ip && type != Type::str && type != Type::bytes && type != Type::boolean;
}

std::string CellReader::text(const RowView& row) const {
  switch (type) {
    case Type::str:
      return std::string(row.get(FieldRef<Str>{offset}));
    case Type::bytes:
      return hex(row.get(FieldRef<Bytes>{offset}));
    case Type::ip:
      return format_ip(row.get(FieldRef<IpAddress>{offset}));
    case Type::time:
      return format_time(row.get(FieldRef<std::int64_t>{offset}));
    case Type::i64:
      return fmt::format("{}", row.get(FieldRef<std::int64_t>{offset}));
    case Type::f64:
      return fmt::format("{}", row.get(FieldRef<double>{offset}));
    default:
      break;
  }
  std::uint64_t number = unsigned_cell(*this, row);
  if (!labels.empty()) return label_text(labels, number);
  if (type == Type::boolean) return number != 0 ? "true" : "false";
  return fmt::format("{}", number);
}

PointValue CellReader::value(const RowView& row) const {
  if (!labels.empty()) return text(row);
  switch (type) {
    case Type::boolean:
      return row.get(FieldRef<bool>{offset});
    case Type::f64:
      return row.get(FieldRef<double>{offset});
    case Type::i64:
    case Type::time:
      return row.get(FieldRef<std::int64_t>{offset});
    case Type::str:
    case Type::bytes:
    case Type::ip:
      return text(row);
    default:
      break;
  }
  // Databases of points know signed integers only; what is larger stays at the largest.
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(unsigned_cell(*this, row), largest));
}

double CellReader::number(const RowView& row) const {
  if (type == Type::f64) return row.get(FieldRef<double>{offset});
  if (type == Type::i64 || type == Type::time)
    return static_cast<double>(row.get(FieldRef<std::int64_t>{offset}));
  return static_cast<double>(unsigned_cell(*this, row));
}

std::string default_measurement(const std::string& component, const std::string& stream) {
  return stream == "default" ? component : component + "_" + stream;
}

PointReader::PointReader(const Input& input, const PointOptions& options)
    : measurement_(options.measurement.empty() ? default_measurement(input.component, input.stream)
                                               : options.measurement) {
  append_measurement(escaped_measurement_, measurement_);
  const Schema& schema = *input.schema;
  auto time = schema.find(Role::time);
  DNSTORM_ASSERT(time.has_value(), "declare() has let rows without a time pass", input.component);
  time_.offset = schema.offset(*time);
  auto end = schema.find(Role::window_end);
  end_.offset = schema.offset(end.value_or(*time));
  add_tags(schema, options);
  for (std::size_t i = 0; i < schema.size(); ++i) {
    const Field& field = schema.field(i);
    if (field.role == Role::value ||
        (field.role == Role::plain && listed(options.fields, field.name)))
      fields_.push_back(CellReader::of(schema, i));
  }
}

void PointReader::add_tags(const Schema& schema, const PointOptions& options) {
  for (std::size_t i = 0; i < schema.size(); ++i)
    if (schema.field(i).role == Role::key && schema.field(i).name != options.wide)
      tags_.push_back({schema.field(i).name, {}, {}, CellReader::of(schema, i), true});
  for (const auto& [name, value] : options.tags) tags_.push_back({name, {}, value, {}, false});
  std::sort(tags_.begin(), tags_.end(), [](const Tag& a, const Tag& b) { return a.name < b.name; });
  for (Tag& tag : tags_) append_tag_text(tag.escaped_name, tag.name);
}

Point PointReader::read(const RowView& row) const {
  Point point;
  point.measurement = measurement_;
  point.time = row.get(time_);
  point.end = row.get(end_);
  point.series = escaped_measurement_;
  point.tags.reserve(tags_.size());
  for (const Tag& tag : tags_) {
    std::string value = tag.from_row ? tag.cell.text(row) : tag.constant;
    if (value.empty()) continue;
    point.series += ',';
    point.series += tag.escaped_name;
    point.series += '=';
    append_tag_text(point.series, value);
    point.tags.push_back({tag.name, std::move(value)});
  }
  point.fields.reserve(fields_.size());
  for (const CellReader& field : fields_) {
    PointValue value = field.value(row);
    if (auto* number = std::get_if<double>(&value); number && !std::isfinite(*number)) continue;
    point.fields.push_back({field.name, std::move(value)});
  }
  return point;
}

}  // namespace dnstorm::operators
