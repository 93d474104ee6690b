#include "operators/shape/sample.hpp"

#include <fmt/format.h>

#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "engine/api/key.hpp"
#include "operators/number.hpp"
#include "operators/row_mapping.hpp"

namespace dnstorm::operators {

namespace {

class SampleBolt final : public Bolt {
 public:
  explicit SampleBolt(Options options)
      : options_(std::move(options)),
        one_in_(static_cast<std::uint64_t>(options_.integer("one_in"))),
        seed_(hash_number(static_cast<std::uint64_t>(options_.integer("seed")) + 1)) {}

  Result<void> prepare(const TaskContext& task) override {
    const Schema& in = *task.inputs[0].schema;
    by_random_ = options_.list("by").empty();
    if (!by_random_) key_ = KeyReader(in, options_.list("by"));
    const std::string& weight = options_.text("weight");
    before_ = NumberRef(in, weight);
    if (task.outputs[0] != nullptr) {
      copier_ = RowCopier(in, *task.outputs[0], {weight});
      weight_ = task.outputs[0]->ref<std::uint64_t>(weight);
    }
    taken_ = &task.counter("taken");
    left_out_ = &task.counter("left_out");
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    std::uint64_t taken = 0;
    for (RowView row : in.rows()) {
      if (!takes(row)) continue;
      ++taken;
      if (!out.wanted()) continue;
      RowWriter written = out.row();
      copier_.copy(row, written);
      written.set(weight_, weight_of(row));
    }
    taken_->add(taken);
    left_out_->add(in.rows().size() - taken);
  }

  Result<void> save(StateWriter& out) override {
    if (by_random_) out.put(row_number_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    if (by_random_) row_number_ = in.get<std::uint64_t>();
    return {};
  }

 private:
  // The hash of a key decides on its task too: seeded and mixed anew, it has nothing to do with
  // that.
  bool takes(const RowView& row) {
    std::uint64_t number = by_random_ ? row_number_++ : key_.hash(row);
    return hash_combine(seed_, number) <= std::numeric_limits<std::uint64_t>::max() / one_in_;
  }
  std::uint64_t weight_of(const RowView& row) const {
    std::uint64_t before = before_.present() ? before_.get(row) : 1;
    std::uint64_t weight = 0;
    bool over = __builtin_mul_overflow(before, one_in_, &weight);
    return over ? std::numeric_limits<std::uint64_t>::max() : weight;
  }

  Options options_;
  std::uint64_t one_in_, seed_;
  bool by_random_ = false;
  KeyReader key_;
  std::uint64_t row_number_ = 0;
  RowCopier copier_;
  NumberRef before_;
  FieldRef<std::uint64_t> weight_;
  Counter* taken_ = nullptr;
  Counter* left_out_ = nullptr;
};

Result<Declaration> declare_sample(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(require_one_input("sample", inputs));
  const auto& by = options.list("by");
  for (const std::string& name : by) DNSTORM_CHECK(require_field(inputs[0], name, "by"));
  const std::string& weight = options.text("weight");
  Field added{
      .name = weight, .type = Type::u64, .help = "for how many rows of the whole this one stands"};
  std::vector<std::string> reads = by;
  std::vector<Field> fields;
  for (const Field& field : inputs[0].schema.fields())
    if (field.name != weight) fields.push_back(field);
  if (auto index = inputs[0].schema.find(weight)) {
    const Field& before = inputs[0].schema.field(*index);
    if (!is_unsigned(before.type))
      return Error{ErrorKind::config,
                   fmt::format("the stream has a field '{}' of type {}, which is no weight; "
                               "`weight` gives this one another name",
                               weight, to_string(before.type)),
                   "weight"};
    added.role = before.role;
    reads.push_back(weight);
  }
  fields.push_back(std::move(added));
  Declaration declaration = declare_mapped(std::move(fields), std::move(reads));
  if (by.empty()) {
    // What is taken depends on the number of a row: on how rows are dealt out to tasks.
    declaration.state = StateScope::task;
    declaration.single_task = true;
  }
  return declaration;
}

}  // namespace

OperatorDef sample_operator() {
  OperatorDef def;
  def.name = "sample";
  def.summary = "Passes on one row in N, by the hash of fields or at random, with its weight.";
  def.options = {
      {.name = "one_in",
       .type = OptionType::integer,
       .default_text = "",
       .help = "N: one row in so many",
       .required = true,
       .min = 1,
       .max = 1e12},
      {"by", OptionType::list, "",
       "fields: rows with equal values of these are all taken or all left out; none: rows are "
       "taken at random, by one task"},
      {"seed", OptionType::integer, "0", "another number takes another sample"},
      {"weight", OptionType::text, "weight",
       "the field that is added: for how many rows this one stands; one that is there is "
       "multiplied"},
  };
  def.constructor = {"one_in", "by"};
  def.example = "- id: tenth\n  className: sample\n  properties: {one_in: 10, by: [client]}\n";
  def.declare = declare_sample;
  def.make_bolt = [](const Options& options) { return std::make_unique<SampleBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
