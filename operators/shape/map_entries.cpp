#include "operators/shape/map_entries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "operators/field_text.hpp"

namespace dnstorm::operators {

namespace {

Error fault(const std::string& option, std::string what) {
  return {ErrorKind::config, std::move(what), option};
}

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<void> check_input_fields(const Options& options, const InputDecl& input,
                                const std::map<std::string, std::string>& renamed) {
  const auto& keep = options.list("keep");
  if (!keep.empty() && !options.list("drop").empty())
    return fault("drop", "fields are kept or dropped: give one of `keep` and `drop`");
  for (const char* option : {"keep", "drop"})
    for (const std::string& name : options.list(option))
      DNSTORM_CHECK(require_field(input, name, option));
  std::vector<std::string> taken;
  for (const auto& [name, before] : renamed) {
    DNSTORM_CHECK(require_field(input, before, "rename"));
    if (listed(taken, before))
      return fault("rename", fmt::format("field '{}' is given two new names", before));
    if (listed(options.list("drop"), before))
      return fault("rename", fmt::format("field '{}' is renamed and dropped", before));
    taken.push_back(before);
  }
  return {};
}

// With the same type, the field stays what it was for sinks and groupings.
Field replaced(const Field& before, Field by) {
  if (before.type != by.type) return by;
  if (by.role == Role::plain) by.role = before.role;
  by.labels = before.labels;
  return by;
}

}  // namespace

Result<MapEntry> parse_map_entry(const std::string& text) {
  auto sides = parse_assignment(text);
  if (!sides)
    return fault("set", fmt::format("'{}' is not written as NAME:TYPE = EXPRESSION, as in: "
                                    "kibibytes:u32 = size // 1024",
                                    text));
  MapEntry entry{DNSTORM_TRY(parse_field(sides->first, "set")), std::move(sides->second)};
  entry.field.help = entry.expression;
  // A key is meant to have few values.
  if (entry.field.role == Role::key) entry.field.unbounded = false;
  return entry;
}

Result<std::vector<MapEntry>> parse_map_entries(const Options& options) {
  std::vector<MapEntry> entries;
  for (const std::string& text : options.list("set"))
    entries.push_back(DNSTORM_TRY(parse_map_entry(text)));
  for (auto entry = entries.begin(); entry != entries.end(); ++entry)
    for (auto other = entries.begin(); other != entry; ++other)
      if (entry->field.name == other->field.name)
        return fault("set", fmt::format("field '{}' is set twice", entry->field.name));
  return entries;
}

Result<std::map<std::string, std::string>> parse_renamed(const Options& options) {
  std::map<std::string, std::string> renamed;
  for (const std::string& text : options.list("rename")) {
    auto names = parse_assignment(text);
    if (!names || !is_word(names->first) || !is_word(names->second))
      return fault("rename", fmt::format("'{}' is not written as NEW = OLD", text));
    if (!renamed.insert(*names).second)
      return fault("rename", fmt::format("two fields are renamed to '{}'", names->first));
  }
  return renamed;
}

Result<std::vector<Field>> mapped_fields(const Options& options, const InputDecl& input,
                                         const std::vector<MapEntry>& entries,
                                         const std::map<std::string, std::string>& renamed) {
  DNSTORM_CHECK(check_input_fields(options, input, renamed));
  for (const MapEntry& entry : entries)
    if (renamed.contains(entry.field.name))
      return fault(
          "set", fmt::format("field '{}' is set, and another is renamed to it", entry.field.name));
  const auto& keep = options.list("keep");
  std::vector<Field> fields;
  auto entry_of = [&](const std::string& name) {
    return std::find_if(entries.begin(), entries.end(),
                        [&](const MapEntry& entry) { return entry.field.name == name; });
  };
  for (Field field : input.schema.fields()) {
    auto move = std::find_if(renamed.begin(), renamed.end(),
                             [&](const auto& one) { return one.second == field.name; });
    bool stays = keep.empty() || listed(keep, field.name) || move != renamed.end();
    if (listed(options.list("drop"), field.name)) stays = false;
    if (move != renamed.end()) field.name = move->first;
    auto entry = entry_of(field.name);
    // A field that is set stands where it stood, unless it was dropped or has another name now.
    if (entry != entries.end() && move == renamed.end()) field = replaced(field, entry->field);
    if (stays) fields.push_back(std::move(field));
  }
  for (const MapEntry& entry : entries)
    if (std::none_of(fields.begin(), fields.end(),
                     [&](const Field& field) { return field.name == entry.field.name; }))
      fields.push_back(entry.field);
  if (fields.empty()) return fault("keep", "no field is left");
  for (auto field = fields.begin(); field != fields.end(); ++field)
    for (auto other = fields.begin(); other != field; ++other)
      if (field->name == other->name)
        return fault(
            "rename",
            fmt::format("there would be two fields '{}'; drop one, or rename it too", field->name));
  return fields;
}

}  // namespace dnstorm::operators
