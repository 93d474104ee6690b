#include "operators/enrich/lookup_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <utility>

#include "engine/base/csv.hpp"
#include "operators/cell_text.hpp"
#include "operators/field_text.hpp"

namespace dnstorm::operators {

namespace {

std::string lower_name(std::string_view text) {
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  // Names stand in rows without the last dot, but for the root.
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();
  return name;
}

// The first `bits` of an address, the rest zero.
IpAddress masked(const IpAddress& address, unsigned bits) {
  IpAddress network;
  std::memcpy(network.bytes.data(), address.bytes.data(), bits / 8);
  if (bits % 8 != 0)
    network.bytes[bits / 8] =
        static_cast<std::uint8_t>(address.bytes[bits / 8] & (0xff00U >> (bits % 8)));
  return network;
}

std::string_view bytes_of(const IpAddress& address) {
  return {reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()};
}

struct Network {
  IpAddress address;
  unsigned bits = 128;
};
std::optional<Network> parse_network(std::string_view text) {
  std::size_t slash = text.find('/');
  auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network network{*address, 128};
  if (slash == std::string_view::npos) return network;
  std::string_view digits = text.substr(slash + 1);
  unsigned bits = 0;
  auto [rest, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  // IPv4 is kept mapped: its prefixes are 96 bits longer.
  unsigned mapped = address->is_v4() && text.find(':') == std::string_view::npos ? 96 : 0;
  if (problem != std::errc() || rest != digits.data() + digits.size() || bits > 128 - mapped)
    return std::nullopt;
  network.bits = bits + mapped;
  if (masked(*address, network.bits) != *address) return std::nullopt;
  return network;
}

}  // namespace

// Takes the lines of a file one after the other.
class LookupTable::Builder {
 public:
  explicit Builder(const LookupSpec& spec)
      : spec_(spec),
        key_schema_(std::make_shared<const Schema>(std::vector<Field>{spec.key})),
        values_(std::make_shared<const Schema>(schema_of(spec))) {
    table_.match_ = spec.match;
    table_.key_type_ = spec.key.type;
  }

  Result<void> add_missing() {
    RowWriter row = values_.add_row();
    for (std::size_t i = 0; i < spec_.columns.size(); ++i) {
      const LookupColumn& one = spec_.columns[i];
      if (one.missing.empty()) continue;
      if (!write_cell_text(one.field, one.missing, row, values_.schema()->offset(i)))
        return Error{ErrorKind::config,
                     fmt::format("'{}' is no {}, the type of '{}'", one.missing,
                                 to_string(one.field.type), one.field.name),
                     "missing"};
    }
    return {};
  }

  Result<void> read_header(const std::vector<std::string>& cells) {
    width_ = cells.size();
    key_at_ = DNSTORM_TRY(spec_.key_column.empty() ? 0 : find(cells, spec_.key_column, "column"));
    for (const LookupColumn& one : spec_.columns)
      places_.push_back(DNSTORM_TRY(find(cells, one.column, "add")));
    return {};
  }

  Result<void> add_record(const std::vector<std::string>& cells, std::size_t line) {
    if (cells.size() != width_)
      return wrong(
          line, fmt::format("{} cells, and the first line names {} columns", cells.size(), width_));
    DNSTORM_CHECK(add_key(cells[key_at_], line));
    RowWriter row = values_.add_row();
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const Field& field = spec_.columns[i].field;
      const std::string& cell =
          cells[places_[i]].empty() ? spec_.columns[i].missing : cells[places_[i]];
      if (cell.empty()) continue;
      if (!write_cell_text(field, cell, row, values_.schema()->offset(i)))
        return wrong(line, fmt::format("'{}' is no {}, the type of '{}'", cell,
                                       to_string(field.type), field.name));
    }
    return {};
  }

  Result<void> add_line(std::string_view text, std::size_t line) {
    text = without_blanks(text.substr(0, text.find('#')));
    if (text.empty()) return {};
    DNSTORM_CHECK(add_key(text, line));
    values_.add_row();
    return {};
  }

  LookupTable finish() {
    std::set<unsigned, std::greater<>> lengths;
    if (spec_.match == LookupMatch::network)
      for (const auto& [key, number] : table_.keys_) lengths.insert(key.bits);
    table_.lengths_.assign(lengths.begin(), lengths.end());
    table_.values_ = values_.seal();
    return std::move(table_);
  }

  Error wrong(std::size_t line, const std::string& what) const {
    return {ErrorKind::data, fmt::format("{}:{}: {}", spec_.path, line, one_line(what)), "file"};
  }

 private:
  Result<std::size_t> find(const std::vector<std::string>& cells, const std::string& column,
                           const char* option) const {
    auto found = std::find(cells.begin(), cells.end(), column);
    if (found != cells.end()) return static_cast<std::size_t>(found - cells.begin());
    return Error{ErrorKind::data,
                 fmt::format("{}: there is no column '{}'; the first line names {}", spec_.path,
                             column, one_line(fmt::format("{}", fmt::join(cells, ", ")))),
                 option};
  }

  // The key of the row of values that comes next.
  Result<void> add_key(std::string_view text, std::size_t line) {
    auto key = parse_key(text);
    if (!key)
      return wrong(line, fmt::format("'{}' is no {}", text,
                                     spec_.match == LookupMatch::network
                                         ? "address or prefix such as 192.0.2.0/24"
                                         : to_string(spec_.key.type)));
    auto [place, added] = table_.keys_.emplace(std::move(*key), values_.row_count());
    lines_.push_back(line);
    if (!added && !spec_.list)
      return wrong(
          line, fmt::format("key '{}' stands in line {} already", text, lines_[place->second - 1]));
    return {};
  }

  std::optional<Key> parse_key(std::string_view text) const {
    if (spec_.match == LookupMatch::name) return Key{lower_name(text)};
    if (spec_.match == LookupMatch::network) {
      auto network = parse_network(text);
      if (!network) return std::nullopt;
      return Key{std::string(bytes_of(network->address)), network->bits};
    }
    if (spec_.key.type == Type::str) return Key{std::string(text)};
    // As the cell stands in a row.
    BatchBuilder builder(key_schema_);
    RowWriter row = builder.add_row();
    if (!write_cell_text(spec_.key, text, row, key_schema_->offset(0))) return std::nullopt;
    auto* bytes = reinterpret_cast<const char*>(row.data()) + key_schema_->offset(0);
    return Key{std::string(bytes, size_of(spec_.key.type))};
  }

  const LookupSpec& spec_;
  SchemaPtr key_schema_;
  BatchBuilder values_;
  LookupTable table_;
  std::size_t width_ = 0, key_at_ = 0;
  std::vector<std::size_t> places_;  // of the columns
  std::vector<std::size_t> lines_;   // of the rows of values, without that of a miss
};

Schema LookupTable::schema_of(const LookupSpec& spec) {
  std::vector<Field> fields;
  for (const LookupColumn& one : spec.columns) fields.push_back(one.field);
  return Schema(std::move(fields));
}

Result<void> LookupTable::check_missing(const LookupSpec& spec) {
  return Builder(spec).add_missing();
}

Result<LookupTable> LookupTable::parse(const LookupSpec& spec, std::string_view text) {
  Builder builder(spec);
  DNSTORM_CHECK(builder.add_missing());
  if (spec.list) {
    for (std::size_t line = 1; !text.empty(); ++line) {
      std::size_t end = std::min(text.find('\n'), text.size());
      DNSTORM_CHECK(builder.add_line(text.substr(0, end), line));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return builder.finish();
  }
  CsvReader records(text);
  std::vector<std::string> cells;
  for (bool header = true;; header = false) {
    auto more = records.next(cells);
    if (!more.ok()) return builder.wrong(records.line(), more.error().what);
    if (!*more && header) return builder.wrong(1, "is empty; the first line names the columns");
    if (!*more) return builder.finish();
    DNSTORM_CHECK(header ? builder.read_header(cells) : builder.add_record(cells, records.line()));
  }
}

Result<LookupTable> LookupTable::read(const LookupSpec& spec) {
  std::ifstream in(spec.path, std::ios::binary);
  std::ostringstream read;
  if (in.is_open()) read << in.rdbuf();
  if (!in.is_open() || read.bad())
    return Error{ErrorKind::no_input,
                 fmt::format("{}: cannot be read: {}", spec.path, std::strerror(errno)), "file"};
  std::string text = std::move(read).str();
  if (text.size() > bytes_max)
    return Error{
        ErrorKind::data,
        fmt::format("{}: has {} bytes; at most {} are possible", spec.path, text.size(), bytes_max),
        "file"};
  return parse(spec, text);
}

LookupTable::Found LookupTable::find(const RowView& row, std::uint32_t key_offset) const {
  std::optional<std::uint32_t> found;
  if (match_ == LookupMatch::name)
    found = number_of_name(row.get(FieldRef<Str>{key_offset}));
  else if (match_ == LookupMatch::network)
    found = number_of_network(row.get(FieldRef<IpAddress>{key_offset}));
  else if (key_type_ == Type::str)
    found = number({row.get(FieldRef<Str>{key_offset})});
  else
    found = number({{reinterpret_cast<const char*>(row.data()) + key_offset, size_of(key_type_)}});
  return {RowView(values_->row(found.value_or(0)), values_->arena()), found.has_value()};
}

std::optional<std::uint32_t> LookupTable::number(const KeyView& key) const {
  auto found = keys_.find(key);
  if (found == keys_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::uint32_t> LookupTable::number_of_name(std::string_view name) const {
  for (std::size_t at = 0; at < name.size();) {
    if (auto found = number({name.substr(at)})) return found;
    while (at < name.size() && name[at] != '.') at += name[at] == '\\' ? 2U : 1U;
    ++at;
  }
  return number({"."});
}

std::optional<std::uint32_t> LookupTable::number_of_network(const IpAddress& address) const {
  for (unsigned bits : lengths_) {
    IpAddress network = masked(address, bits);
    if (auto found = number({bytes_of(network), bits})) return found;
  }
  return std::nullopt;
}

}  // namespace dnstorm::operators
