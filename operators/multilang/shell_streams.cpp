#include "operators/multilang/shell_streams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "engine/base/ip.hpp"
#include "operators/field_text.hpp"

namespace dnstorm::operators {

namespace {

// Fields, with Storm's `direct` before them if it is there.
Result<StreamDecl> parse_stream(std::string name, std::span<const std::string> fields,
                                const std::string& option, const std::string& add_time) {
  StreamDecl stream;
  stream.name = std::move(name);
  if (!fields.empty() && (fields[0] == "true" || fields[0] == "false")) {
    stream.direct = fields[0] == "true";
    fields = fields.subspan(1);
  }
  if (!add_time.empty())
    stream.fields.push_back({.name = add_time,
                             .type = Type::time,
                             .role = Role::time,
                             .help = "that of the input, or when it was emitted"});
  for (const std::string& text : fields) {
    Field field = DNSTORM_TRY(parse_field(text, option));
    for (const Field& other : stream.fields) {
      if (other.name == field.name)
        return refuse_option(
            option, fmt::format("stream '{}' has two fields '{}'", stream.name, field.name));
      // Whoever asks for the time of a row must find one.
      if (other.role == Role::time && field.role == Role::time) field.role = Role::plain;
    }
    stream.fields.push_back(std::move(field));
  }
  return stream;
}

Json json_of(const RowView& row, Type type, std::uint32_t offset) {
  switch (type) {
    case Type::boolean:
      return row.get(FieldRef<bool>{offset});
    case Type::u8:
      return row.get(FieldRef<std::uint8_t>{offset});
    case Type::u16:
      return row.get(FieldRef<std::uint16_t>{offset});
    case Type::u32:
      return row.get(FieldRef<std::uint32_t>{offset});
    case Type::u64:
      return row.get(FieldRef<std::uint64_t>{offset});
    case Type::i64:
    case Type::time:
      return row.get(FieldRef<std::int64_t>{offset});
    case Type::f64:
      return row.get(FieldRef<double>{offset});
    case Type::ip:
      return format_ip(row.get(FieldRef<IpAddress>{offset}));
    case Type::str:
      return std::string(row.get(FieldRef<Str>{offset}));
    case Type::bytes: {
      std::string hex;
      for (std::uint8_t byte : row.get(FieldRef<Bytes>{offset})) hex += fmt::format("{:02x}", byte);
      return hex;
    }
  }
  return nullptr;
}

bool is_unsigned(const Json& value, std::uint64_t most) {
  return value.is_number_unsigned() && value.get<std::uint64_t>() <= most;
}

bool is_signed(const Json& value) {
  if (value.is_number_unsigned())
    return is_unsigned(value, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  return value.is_number_integer();
}

bool fits(const Json& value, Type type) {
  switch (type) {
    case Type::boolean:
      return value.is_boolean();
    case Type::u8:
      return is_unsigned(value, std::numeric_limits<std::uint8_t>::max());
    case Type::u16:
      return is_unsigned(value, std::numeric_limits<std::uint16_t>::max());
    case Type::u32:
      return is_unsigned(value, std::numeric_limits<std::uint32_t>::max());
    case Type::u64:
      return value.is_number_unsigned();
    case Type::i64:
    case Type::time:
      return is_signed(value);
    case Type::f64:
      return value.is_number();
    case Type::ip:
      return value.is_string() && parse_ip(value.get_ref<const std::string&>()).has_value();
    case Type::str:
      return true;
    case Type::bytes:
      return false;
  }
  return false;
}

std::string text_of(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void set_value(RowWriter& row, Type type, std::uint32_t offset, const Json& value) {
  switch (type) {
    case Type::boolean:
      return row.set(FieldRef<bool>{offset}, value.get<bool>());
    case Type::u8:
      return row.set(FieldRef<std::uint8_t>{offset}, value.get<std::uint8_t>());
    case Type::u16:
      return row.set(FieldRef<std::uint16_t>{offset}, value.get<std::uint16_t>());
    case Type::u32:
      return row.set(FieldRef<std::uint32_t>{offset}, value.get<std::uint32_t>());
    case Type::u64:
      return row.set(FieldRef<std::uint64_t>{offset}, value.get<std::uint64_t>());
    case Type::i64:
    case Type::time:
      return row.set(FieldRef<std::int64_t>{offset}, value.get<std::int64_t>());
    case Type::f64:
      return row.set(FieldRef<double>{offset}, value.get<double>());
    case Type::ip:
      return row.set(FieldRef<IpAddress>{offset}, *parse_ip(value.get_ref<const std::string&>()));
    case Type::str:
      return row.set_str(FieldRef<Str>{offset}, text_of(value));
    case Type::bytes:
      return;
  }
}

}  // namespace

Result<std::vector<StreamDecl>> shell_streams(const Options& options) {
  const std::string& add_time = options.text("add_time");
  std::vector<StreamDecl> streams;
  if (!options.list("fields").empty())
    streams.push_back(
        DNSTORM_TRY(parse_stream("default", options.list("fields"), "fields", add_time)));
  for (const std::string& text : options.list("streams")) {
    std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      return refuse_option("streams", fmt::format("a stream is NAME=FIELD,FIELD, not '{}'", text));
    std::vector<std::string> fields = split_parts(text.substr(equals + 1), ',');
    streams.push_back(
        DNSTORM_TRY(parse_stream(text.substr(0, equals), fields, "streams", add_time)));
    for (std::size_t i = 0; i + 1 < streams.size(); ++i)
      if (streams[i].name == streams.back().name)
        return refuse_option("streams",
                             fmt::format("there are two streams '{}'", streams.back().name));
  }
  return streams;
}

TupleWriter::TupleWriter(const Schema& schema, const std::vector<std::string>& fields)
    : schema_(schema) {
  for (const std::string& name : fields) fields_.push_back(schema.find(name).value());
  for (std::size_t i = 0; fields.empty() && i < schema.size(); ++i) fields_.push_back(i);
  if (auto time = schema.find(Role::time)) time_.offset = schema.offset(*time);
}

Json TupleWriter::values(const RowView& row) const {
  Json values = Json::array();
  for (std::size_t i : fields_)
    values.push_back(json_of(row, schema_.field(i).type, schema_.offset(i)));
  return values;
}

TupleReader::TupleReader(const StreamDecl& stream, const Schema* schema, bool adds_time)
    : stream_(stream), adds_time_(adds_time), offsets_(stream.fields.size()) {
  if (schema == nullptr) return;
  for (std::size_t i = 0; i < stream_.fields.size(); ++i)
    if (auto kept = schema->find(stream_.fields[i].name)) offsets_[i] = schema->offset(*kept);
}

std::string TupleReader::problem(const Json& values) const {
  std::size_t wanted = stream_.fields.size() - first();
  if (values.size() != wanted)
    return fmt::format("the child emits {} values on stream '{}', which has {} fields: {}",
                       values.size(), stream_.name, wanted, values.dump().substr(0, 120));
  for (std::size_t i = 0; i < wanted; ++i) {
    const Field& field = stream_.fields[i + first()];
    if (!fits(values[i], field.type))
      return fmt::format("the child emits {} as '{}' of stream '{}', which is of type {}",
                         values[i].dump().substr(0, 120), field.name, stream_.name,
                         to_string(field.type));
  }
  return {};
}

void TupleReader::write(const Json& values, TimeNs time, RowWriter row) const {
  if (adds_time_ && offsets_[0]) row.set(FieldRef<std::int64_t>{*offsets_[0]}, time);
  for (std::size_t i = first(); i < offsets_.size(); ++i)
    if (offsets_[i]) set_value(row, stream_.fields[i].type, *offsets_[i], values[i - first()]);
}

TimeNs TupleReader::time(const Json& values) const {
  TimeNs newest = time_min;
  for (std::size_t i = first(); i < stream_.fields.size(); ++i)
    if (stream_.fields[i].role == Role::time)
      newest = std::max(newest, values[i - first()].get<TimeNs>());
  return newest;
}

}  // namespace dnstorm::operators
