#include "operators/count/running_count.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/keyed_state.hpp"
#include "operators/count/aggregate.hpp"
#include "operators/count/key_index.hpp"

namespace dnstorm::operators {

namespace {

class RunningCountBolt final : public Bolt {
 public:
  explicit RunningCountBolt(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    const auto& by = options_.list("by");
    for (const Input& input : task.inputs) readers_.emplace_back(*input.schema, by);
    counts_.prepare(task, by);
    if (task.outputs[0] == nullptr) return {};
    targets_ = key_targets(*task.outputs[0], by);
    count_ = task.outputs[0]->ref<std::uint64_t>("count");
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    const KeyReader& reader = readers_[in.input];
    for (RowView row : in.rows()) {
      key_.clear();
      reader.append(row, key_);
      std::uint64_t count = counts_.add(key_);
      if (!out.wanted()) continue;
      RowWriter result = out.row();
      reader.restore(key_, result, targets_);
      result.set(count_, count);
    }
  }

  std::vector<KeyedState*> keyed_state() override { return {&counts_}; }

 private:
  Options options_;
  std::vector<KeyReader> readers_;  // one an input
  std::vector<std::uint32_t> targets_;
  FieldRef<std::uint64_t> count_;
  CounterState counts_;
  std::string key_;
};

Result<Declaration> declare_running_count(const Options& options,
                                          const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::keyed;
  const auto& by = options.list("by");
  StreamDecl stream;
  for (Field field : DNSTORM_TRY(common_fields(inputs, by, "by"))) {
    field.role = Role::key;
    stream.fields.push_back(std::move(field));
  }
  stream.fields.push_back({.name = "count",
                           .type = Type::u64,
                           .role = Role::value,
                           .help = "rows of that key so far, this one included"});
  DNSTORM_CHECK(check_output_names(stream, "by"));
  declaration.outputs.push_back(std::move(stream));
  declaration.reads.resize(inputs.size(), by);
  declaration.partition_by = by;
  return declaration;
}

}  // namespace

OperatorDef running_count_operator() {
  OperatorDef def;
  def.name = "running_count";
  def.summary = "Gives for each row how many of its key there have been (Storm's word count).";
  def.options = {{.name = "by",
                  .type = OptionType::list,
                  .default_text = "word",
                  .help = "the fields that make up the key"}};
  def.aliases = {"org.apache.storm.testing.TestWordCounter",
                 "org.apache.storm.starter.bolt.WordCountBolt",
                 "org.apache.storm.perf.bolt.CountBolt"};
  def.example = "- id: counts\n  className: running_count\n  properties: {by: [word]}\n";
  def.declare = declare_running_count;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<RunningCountBolt>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
