#include "operators/shape/map.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "operators/row_mapping.hpp"
#include "operators/shape/lua_rows.hpp"
#include "operators/shape/map_entries.hpp"

namespace dnstorm::operators {

namespace {

class ComputedFields final : public RowMapping {
 public:
  explicit ComputedFields(std::vector<MapEntry> entries) : entries_(std::move(entries)) {}

  Result<void> prepare(const TaskContext& task, const Schema& in, const Schema& out) override {
    for (const MapEntry& entry : entries_) {
      auto index = out.find(entry.field.name);
      if (!index) continue;  // nobody reads it
      DNSTORM_CHECK(lua_.add(entry.expression, in, "set"));
      targets_.push_back({entry.field.type, out.offset(*index)});
    }
    faults_.prepare(task);
    return {};
  }

  void write(const RowView& in, RowWriter& out) override {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      LuaValue value = lua_.run(i, in);
      if (!write_lua_value(value, targets_[i].type, targets_[i].offset, out)) faults_.count(value);
    }
  }

 private:
  struct Target {
    Type type;
    std::uint32_t offset;
  };
  std::vector<MapEntry> entries_;
  LuaRows lua_;
  LuaFaults faults_;
  std::vector<Target> targets_;
};

Result<Declaration> declare_map(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(require_one_input("map", inputs));
  auto entries = DNSTORM_TRY(parse_map_entries(options));
  auto renamed = DNSTORM_TRY(parse_renamed(options));
  auto fields = DNSTORM_TRY(mapped_fields(options, inputs[0], entries, renamed));
  std::vector<std::string> expressions;
  for (const MapEntry& entry : entries) expressions.push_back(entry.expression);
  auto reads = DNSTORM_TRY(lua_fields(expressions, inputs[0].schema, "set"));
  for (const auto& [name, before] : renamed)
    if (std::find(reads.begin(), reads.end(), before) == reads.end()) reads.push_back(before);
  return declare_mapped(std::move(fields), std::move(reads));
}

std::unique_ptr<Bolt> make_map(const Options& options) {
  // Both have been parsed by `declare`.
  std::vector<MapEntry> entries = parse_map_entries(options).value();
  std::vector<std::string> computed;
  for (const MapEntry& entry : entries) computed.push_back(entry.field.name);
  return make_mapping_bolt(std::make_unique<ComputedFields>(std::move(entries)),
                           std::move(computed), parse_renamed(options).value());
}

}  // namespace

OperatorDef map_operator() {
  OperatorDef def;
  def.name = "map";
  def.summary = "Passes rows on with fields computed by expressions in Lua, renamed or dropped.";
  def.options = {
      {"set", OptionType::list, "",
       "fields that are computed, each as NAME:TYPE = EXPRESSION or NAME:TYPE:ROLE = EXPRESSION"},
      {"rename", OptionType::list, "", "fields that get another name, each as NEW = OLD"},
      {"keep", OptionType::list, "", "the fields of the input that go on; none: all"},
      {"drop", OptionType::list, "", "fields of the input that do not go on"},
  };
  def.example =
      "- id: shaped\n"
      "  className: map\n"
      "  properties:\n"
      "    set:\n"
      "      - size_class:u32 = size // 256 * 256\n"
      "      - zone = suffix(qname, 2)\n"
      "      - large:bool = size > 1232 and not tc\n"
      "    rename: [asker = client]\n";
  def.declare = declare_map;
  def.make_bolt = make_map;
  return def;
}

}  // namespace dnstorm::operators
