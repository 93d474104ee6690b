#include "engine/testkit/capture.hpp"

#include <fmt/format.h>

namespace dnstorm::testkit {

namespace {

class CaptureBolt final : public Bolt {
 public:
  CaptureBolt(std::shared_ptr<Captured> into, Labels labels)
      : into_(std::move(into)), labels_(std::move(labels)) {}

  Result<void> prepare(const TaskContext& task) override {
    into_->sources.clear();
    for (const Input& input : task.inputs)
      into_->sources.push_back({input.component, input.stream, input.schema->fields()});
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override {
    const Schema& schema = in.batch->schema();
    for (RowView row : in.rows()) {
      Captured::Line& line = into_->lines.emplace_back();
      line.source = in.input;
      for (std::size_t i = 0; i < schema.size(); ++i)
        line.cells.push_back(cell_text(schema, i, row, labels_));
    }
  }

 private:
  std::shared_ptr<Captured> into_;
  Labels labels_;
};

Result<Declaration> declare_capture(const Options&, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.never_waits = true;
  for (const InputDecl& input : inputs) {
    auto& reads = declaration.reads.emplace_back();
    for (const Field& field : input.schema.fields()) reads.push_back(field.name);
  }
  return declaration;
}

Result<Field> declared_field(const std::string& text) {
  static constexpr Type types[] = {Type::boolean, Type::u8,  Type::u16,  Type::u32,
                                   Type::u64,     Type::i64, Type::f64,  Type::time,
                                   Type::ip,      Type::str, Type::bytes};
  std::size_t colon = text.find(':');
  Field field;
  field.name = text.substr(0, colon);
  field.type = Type::str;
  if (colon == std::string::npos) return field;
  std::string wanted = text.substr(colon + 1);
  std::vector<std::string> known;
  for (Type type : types) {
    known.emplace_back(to_string(type));
    if (known.back() != wanted) continue;
    field.type = type;
    if (type == Type::time && field.name == "time") field.role = Role::time;
    return field;
  }
  return Error{
      ErrorKind::config,
      fmt::format("'{}': '{}' is no type; there are {}", text, wanted, fmt::join(known, ", ")),
      "fields"};
}

Result<Declaration> declare_feeder(const Options& options, const std::vector<InputDecl>&) {
  Declaration declaration;
  declaration.restorable = true;
  StreamDecl stream;
  for (const std::string& text : options.list("fields"))
    stream.fields.push_back(DNSTORM_TRY(declared_field(text)));
  declaration.outputs.push_back(std::move(stream));
  return declaration;
}

}  // namespace

std::unique_ptr<Bolt> make_capture(std::shared_ptr<Captured> into, Labels labels) {
  return std::make_unique<CaptureBolt>(std::move(into), std::move(labels));
}

OperatorDef capture_operator() {
  OperatorDef def;
  def.name = "testkit.capture";
  def.kind = OperatorKind::sink;
  def.summary = "Remembers what a test looks at.";
  def.declare = declare_capture;
  def.make_bolt = [](const Options&) {
    return make_capture(std::make_shared<Captured>(), Labels());
  };
  return def;
}

OperatorDef feeder_operator() {
  OperatorDef def;
  def.name = "feeder";
  def.kind = OperatorKind::spout;
  def.summary = "A source that a test feeds.";
  def.options = {{"fields", OptionType::list, "",
                  "names of fields, each a text or with its type: [word, n:u64]", true}};
  def.example = "- id: words\n  className: feeder\n  properties: {fields: [word, n:u64]}\n";
  def.constructor = {"fields"};
  def.declare = declare_feeder;
  return def;
}

}  // namespace dnstorm::testkit
