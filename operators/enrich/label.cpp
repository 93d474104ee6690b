#include "operators/enrich/label.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "operators/field_text.hpp"
#include "operators/labels.hpp"
#include "operators/number.hpp"
#include "operators/row_mapping.hpp"

namespace dnstorm::operators {

namespace {

Error fault(const std::string& option, std::string what) {
  return {ErrorKind::config, std::move(what), option};
}

bool has_numbers(Type type) { return type == Type::boolean || is_unsigned(type); }

// By field, the table of its names.
using Tables = std::map<std::string, std::string>;

// "code=rcode": tables of fields that have none.
Result<Tables> parse_tables(const Options& options) {
  Tables tables;
  for (const std::string& text : options.list("tables")) {
    auto sides = parse_assignment(text);
    if (!sides) return fault("tables", fmt::format("'{}' is not written as FIELD=TABLE", text));
    if (!has_label_table(sides->second))
      return fault("tables", fmt::format("there is no table '{}'; known are {}", sides->second,
                                         fmt::join(label_tables(), ", ")));
    if (!tables.insert(*sides).second)
      return fault("tables", fmt::format("field '{}' is given two tables", sides->first));
  }
  return tables;
}

bool chosen(const Options& options, const Tables& tables, const Field& field) {
  const auto& of = options.list("of");
  if (of.empty()) return !field.labels.empty() || tables.contains(field.name);
  return std::find(of.begin(), of.end(), field.name) != of.end();
}

std::string table_of(const Tables& tables, const Field& field) {
  auto other = tables.find(field.name);
  return other == tables.end() ? field.labels : other->second;
}

Field named_field(const Options& options, Field field) {
  field.type = Type::str;
  field.labels.clear();
  if (options.text("how") == "beside") field.name += options.text("suffix");
  return field;
}

Result<void> check_field(const Tables& tables, const Field& field) {
  if (table_of(tables, field).empty())
    return fault("of",
                 fmt::format("field '{}' has no names for its numbers; `tables` gives it some: "
                             "{}=rcode",
                             field.name, field.name));
  if (has_numbers(field.type)) return {};
  return fault("of",
               fmt::format("field '{}' is of type {}; label needs an unsigned number or a bool",
                           field.name, to_string(field.type)));
}

// The names of one table as they are asked for; those of large numbers are made each time.
class NameCache {
 public:
  explicit NameCache(std::string table) : table_(std::move(table)) {}

  void write(std::uint64_t number, FieldRef<Str> to, RowWriter& row) {
    if (number >= cached_max) return row.set_str(to, label_text(table_, number));
    if (number >= names_.size()) names_.resize(number + 1);
    Name& name = names_[number];
    if (name.text.empty()) name = make(number);
    row.set_str(to, name.text, name.hash);
  }

 private:
  static constexpr std::uint64_t cached_max = 65536;
  struct Name {
    std::string text;
    std::uint64_t hash = 0;
  };
  Name make(std::uint64_t number) const {
    std::string text = label_text(table_, number);
    std::uint64_t hash = hash_bytes(text);
    return {std::move(text), hash};
  }
  std::string table_;
  std::vector<Name> names_;
};

class LabelMapping final : public RowMapping {
 public:
  explicit LabelMapping(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext&, const Schema& in, const Schema& out) override {
    Tables tables = DNSTORM_TRY(parse_tables(options_));
    for (std::size_t i = 0; i < in.size(); ++i) {
      const Field& field = in.field(i);
      if (!chosen(options_, tables, field)) continue;
      auto to = out.ref<Str>(named_field(options_, field).name);
      if (to.present())
        places_.push_back({field.type, in.offset(i), to, NameCache(table_of(tables, field))});
    }
    return {};
  }

  void write(const RowView& in, RowWriter& out) override {
    for (Place& place : places_) place.names.write(number(in, place), place.to, out);
  }

 private:
  struct Place {
    Type type;
    std::uint32_t from;
    FieldRef<Str> to;
    NameCache names;
  };
  static std::uint64_t number(const RowView& in, const Place& place) {
    switch (size_of(place.type)) {
      case 1:
        return in.get(FieldRef<std::uint8_t>{place.from});
      case 2:
        return in.get(FieldRef<std::uint16_t>{place.from});
      case 4:
        return in.get(FieldRef<std::uint32_t>{place.from});
      default:
        return in.get(FieldRef<std::uint64_t>{place.from});
    }
  }
  Options options_;
  std::vector<Place> places_;
};

Result<Declaration> declare_label(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(require_one_input("label", inputs));
  auto tables = DNSTORM_TRY(parse_tables(options));
  for (const auto& [name, table] : tables) DNSTORM_CHECK(require_field(inputs[0], name, "tables"));
  for (const std::string& name : options.list("of"))
    DNSTORM_CHECK(require_field(inputs[0], name, "of"));
  bool beside = options.text("how") == "beside";
  std::vector<Field> fields, added;
  std::vector<std::string> reads;
  bool found = false;
  for (const Field& field : inputs[0].schema.fields()) {
    bool labelled = chosen(options, tables, field);
    if (labelled) DNSTORM_CHECK(check_field(tables, field));
    found = found || labelled;
    fields.push_back(labelled && !beside ? named_field(options, field) : field);
    if (!labelled || !beside) continue;
    reads.push_back(field.name);
    added.push_back(named_field(options, field));
  }
  if (!found)
    return fault("of", "no field of the stream has names for its numbers; `tables` gives it some");
  // Replaced fields are read by whoever reads their names, new ones by this bolt.
  if (beside) return declare_mapping("label", inputs, std::move(reads), std::move(added));
  return declare_mapped(std::move(fields), {});
}

}  // namespace

OperatorDef label_operator() {
  OperatorDef def;
  def.name = "label";
  def.summary = "Turns numbers into their names: qtype 28 into AAAA.";
  def.options = {
      {"of", OptionType::list, "", "the fields; none: all whose numbers have names"},
      {.name = "how",
       .type = OptionType::choice,
       .default_text = "replace",
       .help = "replace: the field becomes text; beside: a field with the name is added",
       .choices = {"replace", "beside"}},
      {"suffix", OptionType::text, "_name", "beside: what is put behind the name of the field"},
      {"tables", OptionType::list, "",
       "for fields that come without names (of other processes), each as FIELD=TABLE"},
  };
  def.example =
      "- id: named\n"
      "  className: label\n"
      "  properties: {of: [qtype, rcode]}\n";
  def.declare = declare_label;
  def.make_bolt = [](const Options& options) {
    return make_mapping_bolt(std::make_unique<LabelMapping>(options));
  };
  return def;
}

}  // namespace dnstorm::operators
