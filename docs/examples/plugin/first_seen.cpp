// first_seen: passes on the first row of each key: names that nobody has asked for before. Keeps
// the keys in state by key, so that a run goes on from a checkpoint with any number of tasks.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/keyed_state.hpp"
#include "engine/api/plugin.hpp"

namespace {

using namespace dnstorm;

class FirstSeenBolt final : public Bolt {
 public:
  explicit FirstSeenBolt(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    const auto& of = options_.list("of");
    key_reader_ = KeyReader(*task.inputs[0].schema, of);
    rows_.prepare(task, of);
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    Selection selection;
    Rows rows = in.rows();
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      key_.clear();
      key_reader_.append(rows[i], key_);
      if (rows_.add(key_) == 1) selection.push_back(static_cast<std::uint16_t>(rows.index(i)));
    }
    if (!selection.empty() && out.wanted())
      out.forward(0, in.batch, std::make_shared<const Selection>(std::move(selection)));
  }

  std::vector<KeyedState*> keyed_state() override { return {&rows_}; }

 private:
  Options options_;
  KeyReader key_reader_;
  CounterState rows_;  // by key
  std::string key_;
};

Result<Declaration> declare(const Options& options, const std::vector<InputDecl>& inputs) {
  if (inputs.size() != 1)
    return Error{ErrorKind::config, "first_seen looks at one stream; use one for each", "of"};
  for (const std::string& name : options.list("of"))
    DNSTORM_CHECK(require_field(inputs[0], name, "of"));
  Declaration declaration;
  declaration.reads = {options.list("of")};
  declaration.partition_by = options.list("of");
  declaration.restorable = true;
  declaration.state = StateScope::keyed;
  declaration.outputs.push_back({"default", inputs[0].schema.fields(), true});
  return declaration;
}

OperatorDef first_seen_operator() {
  OperatorDef def;
  def.name = "first_seen";
  def.summary = "Passes on the first row of each key.";
  def.options = {{.name = "of",
                  .type = OptionType::list,
                  .default_text = "",
                  .help = "the fields that make up the key",
                  .required = true}};
  def.example = "- id: fresh\n  className: first_seen\n  properties: {of: [qname]}\n";
  def.declare = declare;
  def.make_bolt = [](const Options& options) { return std::make_unique<FirstSeenBolt>(options); };
  return def;
}

}  // namespace

DNSTORM_PLUGIN(operators) { operators.add(first_seen_operator()); }
