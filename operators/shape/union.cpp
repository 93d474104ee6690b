#include "operators/shape/union.hpp"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "operators/row_mapping.hpp"

namespace dnstorm::operators {

namespace {

class UnionBolt final : public Bolt {
 public:
  Result<void> prepare(const TaskContext& task) override {
    if (task.outputs[0] == nullptr) return {};
    for (const Input& input : task.inputs)
      copiers_.emplace_back(*input.schema, *task.outputs[0], std::vector<std::string>{});
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    if (!out.wanted()) return;
    // Each input has fields that only its other readers want: their rows differ in shape.
    for (RowView row : in.rows()) {
      RowWriter written = out.row();
      copiers_[in.input].copy(row, written);
    }
  }

 private:
  std::vector<RowCopier> copiers_;  // one an input
};

// That `other` has the fields of `first`, in any order.
Result<void> require_same(const InputDecl& first, const InputDecl& other) {
  auto differ = [&](const std::string& what) -> Result<void> {
    return Error{ErrorKind::config,
                 fmt::format("stream '{}' of '{}' and stream '{}' of '{}' have different fields: "
                             "{}; `map` can make them alike",
                             first.stream, first.component, other.stream, other.component, what),
                 ""};
  };
  for (const Field& field : first.schema.fields()) {
    auto index = other.schema.find(field.name);
    if (!index) return differ(fmt::format("the second has no '{}'", field.name));
    Type type = other.schema.field(*index).type;
    if (type != field.type)
      return differ(
          fmt::format("'{}' is a {} and a {}", field.name, to_string(field.type), to_string(type)));
  }
  for (const Field& field : other.schema.fields())
    if (!first.schema.find(field.name))
      return differ(fmt::format("the first has no '{}'", field.name));
  return {};
}

Result<Declaration> declare_union(const Options&, const std::vector<InputDecl>& inputs) {
  for (const InputDecl& input : inputs) DNSTORM_CHECK(require_same(inputs[0], input));
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::none;
  declaration.reads.resize(inputs.size());
  StreamDecl stream{"default", inputs[0].schema.fields()};
  stream.extends_input = true;
  stream.of_all_inputs = true;
  declaration.outputs.push_back(std::move(stream));
  return declaration;
}

}  // namespace

OperatorDef union_operator() {
  OperatorDef def;
  def.name = "union";
  def.summary = "Passes the rows of several streams with the same fields on as one.";
  def.example = "- id: everything\n  className: union\n";
  def.declare = declare_union;
  def.make_bolt = [](const Options&) { return std::make_unique<UnionBolt>(); };
  return def;
}

}  // namespace dnstorm::operators
