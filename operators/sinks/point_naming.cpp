#include "operators/sinks/point_naming.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

#include "capture/dns/base_encodings.hpp"

namespace dnstorm::operators {

namespace {

Error option_error(std::string subject, std::string what) {
  return {ErrorKind::config, std::move(what), std::move(subject)};
}

// Names that points hold views of.
class Names {
 public:
  std::string_view of(std::string&& name) { return *names_.insert(std::move(name)).first; }

 private:
  std::set<std::string, std::less<>> names_;
};

class PlainReader final : public RowReader {
 public:
  PlainReader(const Input& input, const PointOptions& options) : reader_(input, options) {}
  Point read(const RowView& row) override { return reader_.read(row); }

 private:
  PointReader reader_;
};

// -- wide
// ---------------------------------------------------------------------------------

std::optional<std::size_t> key_of(const Schema& schema, const std::string& name) {
  auto found = schema.find(name);
  return found && schema.field(*found).role == Role::key ? found : std::nullopt;
}

// A row is a point of one value with the others of its series yet to come: merge_same() unites
// them.
class WideReader final : public RowReader {
 public:
  WideReader(const Input& input, const PointOptions& options, std::size_t key)
      : reader_(input, options), key_(CellReader::of(*input.schema, key)) {}

  Point read(const RowView& row) override {
    Point point = reader_.read(row);
    std::string label = key_.text(row);
    for (PointField& field : point.fields)
      field.name =
          names_.of(point.fields.size() == 1 ? label : fmt::format("{}_{}", label, field.name));
    return point;
  }

 private:
  PointReader reader_;  // leaves the key out of the tags
  CellReader key_;
  Names names_;
};

// -- dsc
// ---------------------------------------------------------------------------------

const std::vector<std::string>& dsc_reads() {
  static const std::vector<std::string> names = {"window_end", "start", "dataset", "dimension1",
                                                 "dimension2", "key1",  "key2",    "count"};
  return names;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// dsc-datatool's rule; unlike line protocol's, a backslash is escaped as well.
void append_dsc_text(std::string& out, std::string_view text) {
  constexpr std::string_view special = ",=\\ \t\n\r\f\v";
  for (char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  append_dsc_text(out, text);
  return out;
}

// As it stands in DSC's files, from which dsc-datatool reads it without a look at their flag.
std::string dsc_value(std::string_view value) {
  constexpr std::string_view plain = ".:-_";
  if (value.empty()) return "\"\"";
  if (std::all_of(value.begin(), value.end(), [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               plain.find(c) != std::string_view::npos;
      }))
    return std::string(value);
  return escaped(
      capture::dns::base64({reinterpret_cast<const std::uint8_t*>(value.data()), value.size()}));
}

class DscReader final : public RowReader {
 public:
  DscReader(const Schema& schema, const PointOptions& options)
      : end_(schema.ref<TimeNs>("window_end")),
        start_(schema.ref<TimeNs>("start")),
        dataset_(schema.ref<Str>("dataset")),
        dimensions_{schema.ref<Str>("dimension1"), schema.ref<Str>("dimension2")},
        keys_{schema.ref<Str>("key1"), schema.ref<Str>("key2")},
        count_(schema.ref<std::uint64_t>("count")),
        constant_(options.tags) {}

  // Without a field if the row stands for a row of the file that has no cells.
  Point read(const RowView& row) override {
    Point point;
    point.time = row.get(start_);
    point.end = std::max(point.time, row.get(end_));
    point.measurement = names_.of(lower(row.get(dataset_)));
    append_dsc_text(point.series, point.measurement);
    for (const auto& [name, value] : constant_) add_tag(point, name, escaped(value));
    for (std::size_t i = 0; i < 2; ++i) {
      std::string_view dimension = row.get(dimensions_[i]);
      std::string_view key = row.get(keys_[i]);
      if (i == 0 && dimension == "All" && key == "ALL") continue;
      add_tag(point, names_.of(lower(dimension)), dsc_value(key));
    }
    std::sort(point.tags.begin(), point.tags.end(),
              [](const PointTag& a, const PointTag& b) { return a.name < b.name; });
    std::uint64_t count = row.get(count_);
    if (count != 0) point.fields.push_back({"value", static_cast<double>(count)});
    return point;
  }

 private:
  static void add_tag(Point& point, std::string_view name, std::string value) {
    point.series += ',';
    append_dsc_text(point.series, name);
    point.series += '=';
    point.series += value;
    point.tags.push_back({name, std::move(value)});
  }

  FieldRef<TimeNs> end_, start_;
  FieldRef<Str> dataset_;
  FieldRef<Str> dimensions_[2], keys_[2];
  FieldRef<std::uint64_t> count_;
  std::vector<std::pair<std::string, std::string>> constant_;
  Names names_;
};

Result<void> check_dsc(const std::vector<InputDecl>& inputs, bool bounded) {
  for (const InputDecl& input : inputs)
    for (const std::string& name : dsc_reads())
      if (!input.schema.find(name))
        return option_error("naming",
                            fmt::format("naming: dsc is for the stream `arrays` of `dsc`: "
                                        "rows of '{}' have no field '{}'",
                                        input.component, name));
  if (bounded)
    return option_error(
        "unbounded_tags",
        "datasets of DSC have addresses and names as tags, `max-cells` of each at a "
        "time: set unbounded_tags: true to say that this is meant");
  return {};
}

Result<void> check_wide(const Options& options, const std::vector<InputDecl>& inputs,
                        bool bounded) {
  const std::string& name = options.text("wide");
  if (name.empty())
    return option_error("wide", "naming: wide wants `wide`, the key whose values become fields");
  bool found = false;
  for (const InputDecl& input : inputs) {
    auto key = key_of(input.schema, name);
    found = found || key;
    if (key && bounded && input.schema.field(*key).unbounded)
      return option_error("wide",
                          fmt::format("'{}' of '{}' comes from an open set and would make a "
                                      "field of every value",
                                      name, input.component));
  }
  if (!found) return option_error("wide", fmt::format("no input has a key '{}'", name));
  return {};
}

}  // namespace

std::unique_ptr<RowReader> make_point_reader(const Input& input, const PointOptions& options) {
  if (options.naming == PointNaming::dsc)
    return std::make_unique<DscReader>(*input.schema, options);
  if (options.naming == PointNaming::wide)
    if (auto key = key_of(*input.schema, options.wide))
      return std::make_unique<WideReader>(input, options, *key);
  return std::make_unique<PlainReader>(input, options);
}

std::vector<OptionSpec> naming_specs() {
  return {
      {.name = "naming",
       .type = OptionType::choice,
       .default_text = "plain",
       .help = "names of the points: plain; dsc: as dsc-datatool; wide: values of a key as fields",
       .choices = {"plain", "dsc", "wide"}},
      {"wide", OptionType::text, "", "of naming: wide: the key whose values become fields"},
  };
}

void read_naming(const Options& options, PointOptions& into) {
  const std::string& naming = options.text("naming");
  into.naming = naming == "dsc"    ? PointNaming::dsc
                : naming == "wide" ? PointNaming::wide
                                   : PointNaming::plain;
  into.wide = options.text("wide");
}

void sort_fields(std::vector<Point>& points) {
  for (Point& point : points)
    std::sort(point.fields.begin(), point.fields.end(),
              [](const PointField& a, const PointField& b) { return a.name < b.name; });
}

Result<std::vector<std::vector<std::string>>> named_point_reads(
    const Options& options, const std::vector<InputDecl>& inputs, bool bounded) {
  const std::string& naming = options.text("naming");
  if (naming != "wide" && !options.text("wide").empty())
    return option_error("wide", "`wide` is for naming: wide");
  if (naming == "dsc") {
    if (!options.text("measurement").empty() || !options.list("fields").empty())
      return option_error("naming", "naming: dsc has measurements and fields of its own");
    DNSTORM_CHECK(check_dsc(inputs, bounded));
    return std::vector(inputs.size(), dsc_reads());
  }
  if (naming == "wide") DNSTORM_CHECK(check_wide(options, inputs, bounded));
  return point_reads(options, inputs, bounded);
}

}  // namespace dnstorm::operators
