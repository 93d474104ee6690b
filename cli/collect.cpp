#include "cli/collect.hpp"

#include "engine/base/assert.hpp"
#include "operators/labels.hpp"

namespace dnstorm::cli {

namespace {

template <class T>
std::uint64_t load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return static_cast<std::uint64_t>(value);
}

std::uint64_t load_number(Type type, const std::byte* at) {
  switch (size_of(type)) {
    case 1:
      return load<std::uint8_t>(at);
    case 2:
      return load<std::uint16_t>(at);
    case 4:
      return load<std::uint32_t>(at);
    default:
      return load<std::uint64_t>(at);
  }
}

Cell read_cell(const Field& field, std::uint32_t offset, const RowView& row) {
  Cell cell;
  switch (field.type) {
    case Type::str:
      cell.text = row.get(FieldRef<Str>{offset});
      break;
    case Type::bytes:
      break;
    case Type::ip:
      cell.text = format_ip(row.get(FieldRef<IpAddress>{offset}));
      break;
    case Type::f64:
      cell.real = row.get(FieldRef<double>{offset});
      break;
    default:
      cell.number = load_number(field.type, row.data() + offset);
      cell.text = field.labels.empty() ? std::to_string(cell.number)
                                       : operators::label_text(field.labels, cell.number);
  }
  return cell;
}

class Collect final : public Bolt {
 public:
  explicit Collect(std::shared_ptr<Tables> tables) : tables_(std::move(tables)) {}

  Result<void> prepare(const TaskContext& task) override {
    task_ = &task;
    std::lock_guard lock(tables_->mutex);
    for (const Input& input : task.inputs) {
      Table& table = tables_->by_component[input.component];
      for (const Field& field : input.schema->fields()) table.columns.push_back(field.name);
    }
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override {
    const Input& input = task_->inputs[in.input];
    std::lock_guard lock(tables_->mutex);
    Table& table = tables_->by_component[input.component];
    for (RowView row : in.rows()) {
      std::vector<Cell>& cells = table.rows.emplace_back();
      for (std::size_t i = 0; i < input.schema->size(); ++i)
        cells.push_back(read_cell(input.schema->field(i), input.schema->offset(i), row));
    }
  }

 private:
  std::shared_ptr<Tables> tables_;
  const TaskContext* task_ = nullptr;
};

}  // namespace

std::size_t Table::column(std::string_view name) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i] == name) return i;
  DNSTORM_ASSERT(false, "a result has no such column", name);
  return 0;
}

OperatorDef collect_operator(std::shared_ptr<Tables> tables) {
  OperatorDef def;
  def.name = "collect";
  def.kind = OperatorKind::sink;
  def.summary = "keeps all rows for the command that runs the topology";
  def.example = "- id: results\n  className: collect\n";
  def.declare = [](const Options&, const std::vector<InputDecl>& inputs) -> Result<Declaration> {
    Declaration declaration;
    declaration.single_task = true;
    for (const InputDecl& input : inputs) {
      std::vector<std::string>& reads = declaration.reads.emplace_back();
      for (const Field& field : input.schema.fields()) reads.push_back(field.name);
    }
    return declaration;
  };
  def.make_bolt = [tables](const Options&) -> std::unique_ptr<Bolt> {
    return std::make_unique<Collect>(tables);
  };
  return def;
}

}  // namespace dnstorm::cli
