#include "operators/row_mapping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dnstorm::operators {

RowCopier::RowCopier(const Schema& in, const Schema& out, const std::vector<std::string>& changed,
                     const std::map<std::string, std::string>& renamed) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::string& name = out.field(i).name;
    if (std::find(changed.begin(), changed.end(), name) != changed.end()) continue;
    auto before = renamed.find(name);
    auto index = in.find(before == renamed.end() ? name : before->second);
    Type type = out.field(i).type;
    if (!index || in.field(*index).type != type) continue;
    std::uint32_t from = in.offset(*index), to = out.offset(i);
    if (type == Type::str || type == Type::bytes) {
      (type == Type::str ? texts_ : bytes_).push_back({from, to});
      continue;
    }
    std::uint32_t size = size_of(type);
    bool follows = !runs_.empty() && from == runs_.back().from + runs_.back().size &&
                   to == runs_.back().to + runs_.back().size;
    if (follows)
      runs_.back().size += size;
    else
      runs_.push_back({from, to, size});
  }
}

namespace {

class MappingBolt final : public Bolt {
 public:
  MappingBolt(std::unique_ptr<RowMapping> mapping, std::vector<std::string> changed,
              std::map<std::string, std::string> renamed)
      : mapping_(std::move(mapping)), changed_(std::move(changed)), renamed_(std::move(renamed)) {}

  Result<void> prepare(const TaskContext& task) override {
    if (task.outputs[0] == nullptr) return {};
    const Schema& in = *task.inputs[0].schema;
    const Schema& out = *task.outputs[0];
    copier_ = RowCopier(in, out, changed_, renamed_);
    return mapping_->prepare(task, in, out);
  }

  void execute(const InputBatch& in, Emitter& out) override {
    if (!out.wanted()) return;
    mapping_->begin_batch();
    for (RowView row : in.rows()) {
      RowWriter written = out.row();
      copier_.copy(row, written);
      mapping_->write(row, written);
    }
  }

 private:
  std::unique_ptr<RowMapping> mapping_;
  std::vector<std::string> changed_;
  std::map<std::string, std::string> renamed_;
  RowCopier copier_;
};

}  // namespace

Result<Declaration> declare_mapping(const std::string& name, const std::vector<InputDecl>& inputs,
                                    std::vector<std::string> reads, std::vector<Field> added,
                                    const std::vector<std::string>& dropped) {
  DNSTORM_CHECK(require_one_input(name, inputs));
  std::vector<Field> fields;
  for (const Field& field : inputs[0].schema.fields())
    if (std::find(dropped.begin(), dropped.end(), field.name) == dropped.end())
      fields.push_back(field);
  for (Field& field : added) {
    auto same = [&](const Field& other) { return other.name == field.name; };
    if (std::any_of(fields.begin(), fields.end(), same))
      return Error{
          ErrorKind::config,
          fmt::format("{} adds a field '{}', and the stream has one already", name, field.name),
          ""};
    fields.push_back(std::move(field));
  }
  return declare_mapped(std::move(fields), std::move(reads));
}

Declaration declare_mapped(std::vector<Field> fields, std::vector<std::string> reads) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::none;
  declaration.reads.push_back(std::move(reads));
  StreamDecl stream{"default", std::move(fields)};
  stream.extends_input = true;
  declaration.outputs.push_back(std::move(stream));
  return declaration;
}

std::unique_ptr<Bolt> make_mapping_bolt(std::unique_ptr<RowMapping> mapping,
                                        std::vector<std::string> changed,
                                        std::map<std::string, std::string> renamed) {
  return std::make_unique<MappingBolt>(std::move(mapping), std::move(changed), std::move(renamed));
}

Result<void> require_one_input(const std::string& name, const std::vector<InputDecl>& inputs) {
  if (inputs.size() == 1) return {};
  return Error{
      ErrorKind::config,
      fmt::format("{} passes one stream on, and {} come in; use one for each", name, inputs.size()),
      ""};
}

Result<Field> require_type(const InputDecl& input, const std::string& name, Type type,
                           const std::string& subject, const std::string& user) {
  Field field = DNSTORM_TRY(require_field(input, name, subject));
  if (field.type == type) return field;
  return Error{
      ErrorKind::config,
      fmt::format("field '{}' of stream '{}' of '{}' is of type {}; {} needs {}", name,
                  input.stream, input.component, to_string(field.type), user, to_string(type)),
      subject};
}

}  // namespace dnstorm::operators
