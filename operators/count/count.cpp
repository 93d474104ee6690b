#include "operators/count/count.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "operators/checkpoint.hpp"
#include "operators/count/aggregate.hpp"
#include "operators/count/key_index.hpp"
#include "operators/count/windows.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

namespace {

std::string sum_name(const std::string& field) { return field + "_sum"; }

// The counts of one window. `values` holds a block per key: the count, then the sums.
struct CountState {
  explicit CountState(KeyIndex key_index) : index(std::move(key_index)) {}
  void clear() {
    index.clear();
    values.clear();
  }
  KeyIndex index;
  std::vector<std::uint64_t> values;
};

class CountBolt final : public Bolt {
 public:
  explicit CountBolt(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    const auto& by = options_.list("by");
    for (const Input& input : task.inputs) {
      Reader reader{KeyReader(*input.schema, by), time_ref(options_, *input.schema), {}, {}};
      if (options_.given("weight"))
        reader.weight = NumberRef(*input.schema, options_.text("weight"));
      for (const std::string& name : options_.list("sums"))
        reader.sums.emplace_back(*input.schema, name);
      readers_.push_back(std::move(reader));
    }
    block_ = 1 + options_.list("sums").size();
    KeyIndex empty(*task.inputs[0].schema, by);
    order_ = KeyOrder(*task.inputs[0].schema, by);
    windows_ = {options_.duration("window"), options_.duration("lateness"),
                [empty] { return std::make_unique<CountState>(empty); }};
    late_rows_ = &task.counter("late_rows");
    if (task.outputs[0] != nullptr) resolve_output(*task.outputs[0]);
    return {};
  }

  void execute(const InputBatch& in, Emitter& /*out*/) override {
    const Reader& reader = readers_[in.input];
    Rows rows = in.rows();
    std::uint64_t late = windows_.each_run(
        rows, reader.time, [&](CountState& state, std::uint32_t first, std::uint32_t last) {
          add(state, rows, first, last, reader);
        });
    if (late != 0) late_rows_->add(late);
  }

  void watermark(TimeNs now, Emitter& out) override {
    windows_.close(now, [&](const CountState& state, WindowBounds bounds) {
      if (out.wanted()) emit(state, bounds, out);
    });
  }

  Result<void> save(StateWriter& out) override {
    windows_.save(out, [&](const CountState& state) {
      state.index.save(out);
      for (std::uint64_t value : state.values) out.put(value);
    });
    return {};
  }
  Result<void> restore(StateReader& in) override {
    bool whole = windows_.restore(in, [&](CountState& state) {
      if (!state.index.restore(in, order_)) return false;
      state.values.resize(state.index.count() * block_);
      for (std::uint64_t& value : state.values) value = in.get<std::uint64_t>();
      return in.ok() && !state.values.empty();
    });
    if (!whole) return damaged_state();
    return {};
  }

 private:
  struct Reader {
    KeyReader key;
    FieldRef<std::int64_t> time;
    NumberRef weight;
    std::vector<NumberRef> sums;
  };

  void add(CountState& state, const Rows& rows, std::uint32_t first, std::uint32_t last,
           const Reader& reader) const {
    auto block_of = [&](std::uint32_t number) {
      std::size_t at = std::size_t{number} * block_;
      if (at == state.values.size()) [[unlikely]]
        state.values.resize(at + block_);
      return state.values.data() + at;
    };
    if (reader.sums.empty() && !reader.weight.present()) {
      state.index.each(rows, first, last, reader.key,
                       [&](const RowView&, std::uint32_t number) { *block_of(number) += 1; });
      return;
    }
    state.index.each(rows, first, last, reader.key, [&](const RowView& row, std::uint32_t number) {
      std::uint64_t* block = block_of(number);
      block[0] += reader.weight.present() ? reader.weight.get(row) : 1;
      for (std::size_t i = 0; i < reader.sums.size(); ++i) block[1 + i] += reader.sums[i].get(row);
    });
  }

  void resolve_output(const Schema& schema) {
    window_ = schema.ref<std::int64_t>("window");
    window_end_ = schema.ref<std::int64_t>("window_end");
    values_.push_back(schema.ref<std::uint64_t>("count"));
    for (const std::string& name : options_.list("sums"))
      values_.push_back(schema.ref<std::uint64_t>(sum_name(name)));
    targets_ = key_targets(schema, options_.list("by"));
  }

  void emit(const CountState& state, WindowBounds bounds, Emitter& out) const {
    for (std::uint32_t number : order_.sorted(state.index)) {
      RowWriter row = out.row();
      row.set(window_, bounds.start);
      row.set(window_end_, bounds.end);
      readers_[0].key.restore(state.index.key(number), row, targets_);
      for (std::size_t i = 0; i < block_; ++i)
        row.set(values_[i], state.values[number * block_ + i]);
    }
  }

  Options options_;
  std::vector<Reader> readers_;  // one an input
  std::size_t block_ = 1;
  KeyOrder order_;
  Windows<CountState> windows_;
  Counter* late_rows_ = nullptr;
  FieldRef<std::int64_t> window_;
  FieldRef<std::int64_t> window_end_;
  std::vector<FieldRef<std::uint64_t>> values_;  // count, then the sums
  std::vector<std::uint32_t> targets_;
};

Result<Declaration> declare_count(const Options& options, const std::vector<InputDecl>& inputs) {
  const auto& by = options.list("by");
  const auto& sums = options.list("sums");
  Declaration declaration = DNSTORM_TRY(declare_windowed(options, inputs));
  StreamDecl& stream = declaration.outputs[0];
  for (Field field : DNSTORM_TRY(common_fields(inputs, by, "by"))) {
    field.role = Role::key;
    stream.fields.push_back(std::move(field));
  }
  std::string what =
      options.given("weight") ? "sum of " + options.text("weight") : "number of rows";
  stream.fields.push_back({.name = "count", .type = Type::u64, .role = Role::value, .help = what});
  DNSTORM_CHECK(check_output_names(stream, "by"));
  for (const std::string& name : sums) {
    DNSTORM_CHECK(common_number(inputs, name, "sums"));
    stream.fields.push_back(
        {.name = sum_name(name), .type = Type::u64, .role = Role::value, .help = "sum of " + name});
  }
  DNSTORM_CHECK(check_output_names(stream, "sums"));
  if (options.given("weight")) {
    DNSTORM_CHECK(common_number(inputs, options.text("weight"), "weight"));
    read_from_all(declaration, {options.text("weight")});
  }
  read_from_all(declaration, by);
  read_from_all(declaration, sums);
  if (options.flag("partial")) return declaration;
  declaration.partition_by = by;
  declaration.single_task = by.empty();
  return declaration;
}

}  // namespace

OperatorDef count_operator() {
  OperatorDef def;
  def.name = "count";
  def.summary = "Counts rows per key and window of event time, exactly.";
  def.options = {
      {"by", OptionType::list, "",
       "the fields that make up the key; none: one number for all rows"},
      {"weight", OptionType::text, "", "an unsigned field that is added instead of 1"},
      {"sums", OptionType::list, "",
       "unsigned fields to be added up beside the count, as NAME_sum"},
      {"partial", OptionType::flag, "false",
       "each task counts its part of a key's rows, whatever the grouping; a second count with "
       "`weight: count` adds the parts up"},
  };
  for (OptionSpec& spec : window_options()) def.options.push_back(std::move(spec));
  def.constructor = {"by", "window"};
  def.methods = window_methods();
  def.example =
      "- id: qtypes\n"
      "  className: count\n"
      "  properties: {by: [qtype, rcode], window: 10s}\n";
  def.declare = declare_count;
  def.make_bolt = [](const Options& options) { return std::make_unique<CountBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
