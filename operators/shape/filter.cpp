#include "operators/shape/filter.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "operators/shape/filter_expression.hpp"
#include "operators/shape/lua_rows.hpp"
#include "operators/shape/row_test.hpp"

namespace dnstorm::operators {

namespace {

class FilterBolt final : public Bolt {
 public:
  explicit FilterBolt(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    const Schema& schema = *task.inputs[0].schema;
    if (options_.given("where"))
      for (const FilterCondition& condition : DNSTORM_TRY(parse_filter(options_.text("where"))))
        tests_.push_back(DNSTORM_TRY(make_row_test(condition, schema)));
    if (options_.given("expression")) {
      lua_.emplace();
      DNSTORM_CHECK(lua_->add(options_.text("expression"), schema, "expression"));
      faults_.prepare(task);
    }
    passed_ = &task.counter("passed");
    filtered_ = &task.counter("filtered");
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    Rows rows = in.rows();
    std::size_t seen = rows.size();
    if (in.selection != nullptr) {
      left_ = *in.selection;
    } else {
      left_.resize(seen);
      std::iota(left_.begin(), left_.end(), std::uint16_t{0});
    }
    for (const auto& test : tests_) test->narrow(*in.batch, left_);
    if (lua_) narrow_by_expression(*in.batch);
    passed_->add(left_.size());
    filtered_->add(seen - left_.size());
    if (left_.empty() || !out.wanted()) return;
    if (left_.size() == seen)
      out.forward(0, in.batch, in.selection);
    else
      out.forward(0, in.batch, std::make_shared<const Selection>(left_));
  }

 private:
  void narrow_by_expression(const Batch& batch) {
    std::size_t kept = 0;
    for (std::uint16_t number : left_) {
      LuaValue value = lua_->run(0, RowView(batch.row(number), batch.arena()));
      if (value.kind != LuaValue::Kind::boolean) faults_.count(value);
      left_[kept] = number;
      kept += static_cast<std::size_t>(value.boolean);
    }
    left_.resize(kept);
  }

  Options options_;
  std::vector<std::unique_ptr<RowTest>> tests_;
  std::optional<LuaRows> lua_;
  LuaFaults faults_;
  Selection left_;  // kept for its memory
  Counter* passed_ = nullptr;
  Counter* filtered_ = nullptr;
};

Result<Declaration> declare_filter(const Options& options, const std::vector<InputDecl>& inputs) {
  if (inputs.size() != 1)
    return Error{
        ErrorKind::config,
        fmt::format("a filter passes one stream on, and {} come in; use one filter for each",
                    inputs.size()),
        "where"};
  if (!options.given("where") && !options.given("expression"))
    return Error{ErrorKind::config,
                 "which rows pass? give 'where' (conditions) or 'expression' (in Lua)", "where"};
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::none;
  std::vector<std::string> fields;
  if (options.given("where"))
    for (const FilterCondition& condition : DNSTORM_TRY(parse_filter(options.text("where")))) {
      DNSTORM_CHECK(require_field(inputs[0], condition.field, "where"));
      DNSTORM_CHECK(make_row_test(condition, inputs[0].schema));
      fields.push_back(condition.field);
    }
  if (options.given("expression"))
    for (std::string& field :
         DNSTORM_TRY(lua_fields({options.text("expression")}, inputs[0].schema, "expression")))
      fields.push_back(std::move(field));
  declaration.reads.resize(1);
  auto& reads = declaration.reads[0];
  for (const std::string& field : fields)
    if (std::find(reads.begin(), reads.end(), field) == reads.end()) reads.push_back(field);
  declaration.outputs.push_back({"default", inputs[0].schema.fields(), true});
  return declaration;
}

}  // namespace

OperatorDef filter_operator() {
  OperatorDef def;
  def.name = "filter";
  def.summary = "Passes on the rows that meet all conditions, or an expression in Lua.";
  def.options = {
      {.name = "where",
       .type = OptionType::text,
       .default_text = "",
       .help = "conditions joined by and, for example: qr == true and rcode == NXDOMAIN"},
      {.name = "expression",
       .type = OptionType::text,
       .default_text = "",
       .help = "a condition in Lua, for rows that meet `where`, for example: size > "
               "512 or tc"}};
  def.constructor = {"where"};
  def.example =
      "- id: failures\n"
      "  className: filter\n"
      "  properties: {where: \"qr == true and rcode in [SERVFAIL, NXDOMAIN]\"}\n";
  def.declare = declare_filter;
  def.make_bolt = [](const Options& options) { return std::make_unique<FilterBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
