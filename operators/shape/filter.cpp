#include "operators/shape/filter.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "operators/shape/filter_expression.hpp"
#include "operators/shape/row_test.hpp"

namespace dnstorm::operators {

namespace {

class FilterBolt final : public Bolt {
 public:
  explicit FilterBolt(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    for (const FilterCondition& condition : DNSTORM_TRY(parse_filter(options_.text("where"))))
      tests_.push_back(DNSTORM_TRY(make_row_test(condition, *task.inputs[0].schema)));
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
    passed_->add(left_.size());
    filtered_->add(seen - left_.size());
    if (left_.empty() || !out.wanted()) return;
    if (left_.size() == seen)
      out.forward(0, in.batch, in.selection);
    else
      out.forward(0, in.batch, std::make_shared<const Selection>(left_));
  }

 private:
  Options options_;
  std::vector<std::unique_ptr<RowTest>> tests_;
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
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::none;
  declaration.reads.resize(1);
  for (const FilterCondition& condition : DNSTORM_TRY(parse_filter(options.text("where")))) {
    DNSTORM_CHECK(require_field(inputs[0], condition.field, "where"));
    DNSTORM_CHECK(make_row_test(condition, inputs[0].schema));
    auto& reads = declaration.reads[0];
    if (std::find(reads.begin(), reads.end(), condition.field) == reads.end())
      reads.push_back(condition.field);
  }
  declaration.outputs.push_back({"default", inputs[0].schema.fields(), true});
  return declaration;
}

}  // namespace

OperatorDef filter_operator() {
  OperatorDef def;
  def.name = "filter";
  def.summary = "Passes on the rows that meet all conditions of an expression.";
  def.options = {{.name = "where",
                  .type = OptionType::text,
                  .default_text = "",
                  .help = "conditions joined by and, for example: qr == true and rcode == NXDOMAIN",
                  .required = true}};
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
