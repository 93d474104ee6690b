// entropy: passes on the rows whose text looks random: names of tunnels and of malware that makes
// up its domains have a higher Shannon entropy than those that people choose.
// long_names: a grouping that gives rows with a long text a task of their own.
#include <array>
#include <cmath>
#include <memory>
#include <string_view>
#include <utility>

#include "engine/api/key.hpp"
#include "engine/api/plugin.hpp"

namespace {

using namespace dnstorm;

// Bits a byte: 0 if all bytes are the same, 8 at most.
double entropy(std::string_view text) {
  std::array<unsigned, 256> counts{};
  for (char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (unsigned count : counts) {
    if (count == 0) continue;
    double share = count / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

class EntropyBolt final : public Bolt {
 public:
  explicit EntropyBolt(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    text_ = task.inputs[0].schema->ref<Str>(options_.text("of"));
    at_least_ = options_.number("at_least");
    passed_ = &task.counter("passed");
    return {};
  }

  // The rows are not copied: what goes on is the batch, with the numbers of the rows to look at.
  void execute(const InputBatch& in, Emitter& out) override {
    Selection selection;
    Rows rows = in.rows();
    for (std::uint32_t i = 0; i < rows.size(); ++i)
      if (entropy(rows[i].get(text_)) >= at_least_)
        selection.push_back(static_cast<std::uint16_t>(rows.index(i)));
    passed_->add(selection.size());
    if (!selection.empty() && out.wanted())
      out.forward(0, in.batch, std::make_shared<const Selection>(std::move(selection)));
  }

 private:
  Options options_;
  FieldRef<Str> text_;
  double at_least_ = 0;
  Counter* passed_ = nullptr;
};

Result<Declaration> declare(const Options& options, const std::vector<InputDecl>& inputs) {
  if (inputs.size() != 1)
    return Error{ErrorKind::config, "entropy looks at one stream; use one for each", "of"};
  Field field = DNSTORM_TRY(require_field(inputs[0], options.text("of"), "of"));
  if (field.type != Type::str)
    return Error{ErrorKind::config, "field '" + field.name + "' is no text", "of"};
  Declaration declaration;
  declaration.reads = {{field.name}};
  declaration.state = StateScope::none;
  declaration.restorable = true;
  declaration.outputs.push_back({"default", inputs[0].schema.fields(), true});
  return declaration;
}

OperatorDef entropy_operator() {
  OperatorDef def;
  def.name = "entropy";
  def.summary = "Passes on the rows whose text looks random.";
  def.options = {
      {"of", OptionType::text, "qname", "the text field"},
      {"at_least", OptionType::number, "3.5", "Shannon entropy, in bits a byte", false, 0, 8},
  };
  def.example = "- id: random\n  className: entropy\n  properties: {of: qname, at_least: 3.8}\n";
  def.declare = declare;
  def.make_bolt = [](const Options& options) { return std::make_unique<EntropyBolt>(options); };
  return def;
}

// What is long goes to the last task, the rest by its hash to the others.
class LongNames final : public Grouping {
 public:
  explicit LongNames(const Options& options)
      : of_(options.text("of")), at_least_(static_cast<std::size_t>(options.integer("at_least"))) {}
  void prepare(const GroupingContext& context) override {
    text_ = context.schema->ref<Str>(of_);
    last_ = context.target_tasks - 1;
  }
  void choose(const RowView& row, std::vector<std::uint32_t>& tasks) const override {
    bool alone = last_ == 0 || row.get(text_).size() >= at_least_;
    tasks.push_back(alone ? last_ : task_of_group(key_group(row.hash(text_)), last_));
  }

 private:
  std::string of_;
  std::size_t at_least_;
  FieldRef<Str> text_;
  std::uint32_t last_ = 0;
};

GroupingDef long_names_grouping() {
  GroupingDef def;
  def.name = "long_names";
  def.summary = "Rows with a long text to the last task, the others to the others.";
  def.options = {
      {"of", OptionType::text, "qname", "the text field"},
      {"at_least", OptionType::integer, "52", "bytes that are long", false, 1, 255},
  };
  def.constructor = {"of", "at_least"};
  def.example =
      "- {from: dns, to: random,\n"
      "   grouping: {type: CUSTOM, customClass: {className: long_names}}}\n";
  def.declare = [](const Options& options, const InputDecl& stream) -> Result<GroupingDeclaration> {
    Field field = DNSTORM_TRY(require_field(stream, options.text("of"), "of"));
    if (field.type != Type::str)
      return Error{ErrorKind::config, "field '" + field.name + "' is no text", "of"};
    return GroupingDeclaration{{field.name}};
  };
  def.make = [](const Options& options) { return std::make_unique<LongNames>(options); };
  return def;
}

}  // namespace

DNSTORM_PLUGIN(operators) {
  operators.add(entropy_operator());
  operators.add(long_names_grouping());
}
