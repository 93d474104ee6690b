#include "operators/shape/identity.hpp"

#include <memory>

namespace dnstorm::operators {

namespace {

class IdentityBolt final : public Bolt {
 public:
  Result<void> prepare(const TaskContext&) override { return {}; }
  void execute(const InputBatch& in, Emitter& out) override {
    if (out.wanted()) out.forward(0, in.batch, in.selection);
  }
};

Result<Declaration> declare_identity(const Options&, const std::vector<InputDecl>& inputs) {
  if (inputs.size() != 1)
    return Error{
        ErrorKind::config,
        fmt::format("passes one stream on, and {} come in; use one for each", inputs.size()), ""};
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::none;
  declaration.reads.resize(1);
  declaration.outputs.push_back({"default", inputs[0].schema.fields(), true});
  return declaration;
}

}  // namespace

OperatorDef identity_operator() {
  OperatorDef def;
  def.name = "identity";
  def.summary = "Passes every row on unchanged, without a copy.";
  def.aliases = {"org.apache.storm.perf.bolt.IdBolt"};
  def.example = "- id: same\n  className: identity\n";
  def.declare = declare_identity;
  def.make_bolt = [](const Options&) { return std::make_unique<IdentityBolt>(); };
  return def;
}

}  // namespace dnstorm::operators
