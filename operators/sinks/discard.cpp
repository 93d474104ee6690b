#include "operators/sinks/discard.hpp"

#include <memory>

namespace dnstorm::operators {

namespace {

class DiscardSink final : public Bolt {
 public:
  Result<void> prepare(const TaskContext& task) override {
    discarded_ = &task.counter("discarded");
    return {};
  }
  void execute(const InputBatch& in, Emitter&) override { discarded_->add(in.rows().size()); }

 private:
  Counter* discarded_ = nullptr;
};

// All fields are read, so that rows arrive as they would at a sink that uses them.
Result<Declaration> declare_discard(const Options&, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.never_waits = true;
  declaration.restorable = true;
  for (const InputDecl& input : inputs) {
    auto& reads = declaration.reads.emplace_back();
    for (const Field& field : input.schema.fields()) reads.push_back(field.name);
  }
  return declaration;
}

}  // namespace

OperatorDef discard_operator() {
  OperatorDef def;
  def.name = "discard";
  def.kind = OperatorKind::sink;
  def.summary = "Counts rows and throws them away.";
  def.aliases = {"org.apache.storm.perf.bolt.DevNullBolt"};
  def.example = "- id: nowhere\n  className: discard\n";
  def.declare = declare_discard;
  def.make_bolt = [](const Options&) { return std::make_unique<DiscardSink>(); };
  return def;
}

}  // namespace dnstorm::operators
