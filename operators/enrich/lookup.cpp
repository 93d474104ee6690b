#include "operators/enrich/lookup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "engine/base/file_identity.hpp"
#include "operators/cell_text.hpp"
#include "operators/enrich/lookup_table.hpp"
#include "operators/enrich/reload.hpp"
#include "operators/field_text.hpp"
#include "operators/row_mapping.hpp"

namespace dnstorm::operators {

namespace {

Error fault(const std::string& option, std::string what) {
  return {ErrorKind::config, std::move(what), option};
}

// "rank:u32", "site:str:key = datacentre": what is added, and the column that it is from.
Result<LookupColumn> parse_column(const std::string& text) {
  auto sides = parse_assignment(text);
  LookupColumn column{{}, DNSTORM_TRY(parse_field(sides ? sides->first : text, "add")), {}};
  column.column = sides ? sides->second : column.field.name;
  if (!has_cell_text(column.field.type))
    return fault("add", fmt::format("in '{}', a {} cannot be read from a file", text,
                                    to_string(column.field.type)));
  // A key is meant to have few values.
  if (column.field.role == Role::key) column.field.unbounded = false;
  column.field.help = fmt::format("column {} of the file", column.column);
  return column;
}

Result<void> set_missing(const Options& options, std::vector<LookupColumn>& columns) {
  for (const std::string& text : options.list("missing")) {
    auto sides = parse_assignment(text);
    if (!sides) return fault("missing", fmt::format("'{}' is not written as NAME=VALUE", text));
    auto column = std::find_if(columns.begin(), columns.end(), [&](const LookupColumn& one) {
      return one.field.name == sides->first;
    });
    if (column == columns.end())
      return fault("missing",
                   fmt::format("'{}' is none of the fields that are added", sides->first));
    column->missing = sides->second;
  }
  return {};
}

LookupMatch match_of(const Options& options) {
  const std::string& match = options.text("match");
  if (match == "name") return LookupMatch::name;
  return match == "network" ? LookupMatch::network : LookupMatch::exact;
}

Result<void> check_key(const Options& options, const Field& key) {
  const std::string& match = options.text("match");
  auto needs = [&](Type type) -> Result<void> {
    if (key.type == type) return {};
    return fault("match", fmt::format("field '{}' is of type {}; match: {} needs {}", key.name,
                                      to_string(key.type), match, to_string(type)));
  };
  if (match == "name") return needs(Type::str);
  if (match == "network") return needs(Type::ip);
  if (has_cell_text(key.type)) return {};
  return fault("of", fmt::format("field '{}' is of type {}, which cannot be looked up", key.name,
                                 to_string(key.type)));
}

// What the options ask of the file, for a field of that description.
Result<LookupSpec> make_spec(const Options& options, Field key) {
  LookupSpec spec;
  spec.path = options.text("file");
  spec.list = options.text("format") == "list";
  spec.key_column = options.text("column");
  spec.match = match_of(options);
  DNSTORM_CHECK(check_key(options, key));
  spec.key = std::move(key);
  if (spec.list)
    for (const char* option : {"add", "missing", "column"})
      if (options.given(option))
        return fault(option, fmt::format("a list has keys only, so `{}` has no meaning", option));
  for (const std::string& text : options.list("add"))
    spec.columns.push_back(DNSTORM_TRY(parse_column(text)));
  DNSTORM_CHECK(set_missing(options, spec.columns));
  DNSTORM_CHECK(LookupTable::check_missing(spec));
  return spec;
}

// The field that says whether the key was found; empty: none.
std::string found_field(const Options& options) {
  bool list = options.text("format") == "list";
  return list && !options.given("found") ? "found" : options.text("found");
}

class LookupMapping final : public RowMapping {
 public:
  explicit LookupMapping(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task, const Schema& in, const Schema& out) override {
    std::size_t index = in.find(options_.text("of")).value();
    key_offset_ = in.offset(index);
    spec_ = DNSTORM_TRY(make_spec(options_, in.field(index)));
    identity_ = FileIdentity::of(spec_.path);
    table_ = DNSTORM_TRY(LookupTable::read(spec_));
    values_ = RowCopier(table_->columns(), out, {});
    if (std::string found = found_field(options_); !found.empty()) found_ = out.ref<bool>(found);
    missed_ = &task.counter("missed");
    reload_.prepare(task, options_.duration("reload"));
    return {};
  }

  void begin_batch() override {
    if (!reload_.due()) return;
    auto now = FileIdentity::of(spec_.path);
    if (!now || now == identity_) return;
    identity_ = now;  // a broken file is counted once
    auto renewed = LookupTable::read(spec_);
    if (!renewed.ok()) return reload_.broken();
    reload_.reloaded();
    table_ = std::move(*renewed);
  }

  void write(const RowView& in, RowWriter& out) override {
    LookupTable::Found found = table_->find(in, key_offset_);
    missed_->add(found.found ? 0 : 1);
    values_.copy(found.values, out);
    out.set(found_, found.found);
  }

 private:
  Options options_;
  LookupSpec spec_;
  std::optional<LookupTable> table_;
  std::uint32_t key_offset_ = 0;
  RowCopier values_;
  FieldRef<bool> found_;
  std::optional<FileIdentity> identity_;
  Reload reload_;
  Counter* missed_ = nullptr;
};

Result<Declaration> declare_lookup(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(require_one_input("lookup", inputs));
  Field key = DNSTORM_TRY(require_field(inputs[0], options.text("of"), "of"));
  LookupSpec spec = DNSTORM_TRY(make_spec(options, std::move(key)));
  std::vector<Field> added;
  for (LookupColumn& column : spec.columns) added.push_back(std::move(column.field));
  if (std::string found = found_field(options); !found.empty())
    added.push_back({.name = found,
                     .type = Type::boolean,
                     .help = fmt::format("whether {} is in the file", options.text("of"))});
  if (added.empty())
    return fault("add",
                 "nothing is added: `add` names columns, `found` a field that says whether "
                 "the key was found");
  return declare_mapping("lookup", inputs, {options.text("of")}, std::move(added));
}

std::vector<OptionSpec> lookup_options() {
  return {
      {.name = "file",
       .type = OptionType::text,
       .default_text = "",
       .help = "CSV whose first line names the columns, or a list",
       .required = true},
      {.name = "of",
       .type = OptionType::text,
       .default_text = "",
       .help = "the field that is looked up",
       .required = true},
      {.name = "format",
       .type = OptionType::choice,
       .default_text = "csv",
       .help = "list: a key a line, # begins a comment",
       .choices = {"csv", "list"}},
      {"column", OptionType::text, "", "csv: the column with the keys; none: the first"},
      {"add", OptionType::list, "",
       "csv: columns that are added, each as COLUMN:TYPE, COLUMN:TYPE:ROLE or NAME:TYPE = COLUMN"},
      {.name = "match",
       .type = OptionType::choice,
       .default_text = "exact",
       .help = "name: the longest key that the name is or stands under; network: the longest "
               "prefix that the address is in",
       .choices = {"exact", "name", "network"}},
      {"missing", OptionType::list, "",
       "values of added fields where the key is not found, each as NAME=VALUE; otherwise 0, false "
       "or empty"},
      {"found", OptionType::text, "",
       "a field that is added: whether the key was found; of a list: found"},
      {"reload", OptionType::duration, "0s",
       "how often it looks whether the file has changed, in processing time; 0s: never"},
  };
}

}  // namespace

OperatorDef lookup_operator() {
  OperatorDef def;
  def.name = "lookup";
  def.summary = "Adds what a CSV file says of a field's value, or whether a list has it.";
  def.options = lookup_options();
  def.example =
      "- id: sites\n"
      "  className: lookup\n"
      "  properties: {file: sites.csv, of: server, match: network, add: [site, \"rank:u32\"]}\n";
  def.declare = declare_lookup;
  def.make_bolt = [](const Options& options) {
    return make_mapping_bolt(std::make_unique<LookupMapping>(options));
  };
  return def;
}

}  // namespace dnstorm::operators
