// Runs one task of a bolt without an engine: feeds rows written as text, turns event time, collects
// what comes out as text. For the unit tests of operators.
//
//   TaskHarness task(count_operator(), {{"by", {"qtype"}}},
//                    {{"time", Type::time}, {"qtype", Type::u16}});
//   task.feed({{"1s", "28"}, {"2s", "1"}});
//   task.watermark(10 * ns_per_s);
//   EXPECT_THAT(task.take(), ElementsAre("0s 10s 1 1", "0s 10s 28 1"));
//
// The input is pruned to what the operator says it reads, as the planner does: an operator that
// reads more than it declares fails here too. Cells stand in the order of the schema as it was
// given: times "1.5s", "-3s" or plain nanoseconds; addresses, numbers, true/false, text. Output
// cells are parted by a blank, in the order of the output's schema; labels are not applied.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/bolt_state.hpp"
#include "engine/api/key.hpp"
#include "engine/api/registry.hpp"

namespace dnstorm::operators::testing {

using TextOptions = std::map<std::string, std::vector<std::string>>;
using TextRow = std::vector<std::string>;

inline RawOptions raw_options(const TextOptions& options) {
  RawOptions raw;
  for (const auto& [name, values] : options) raw[name] = {values, values.size() != 1, 1, 1};
  return raw;
}

// Where an input comes from, if a test says so.
inline std::string component_name(const std::vector<std::string>& components, std::size_t input) {
  return input < components.size() ? components[input] : "input";
}

// What `declare` answers; an Error also for options that do not parse.
inline Result<Declaration> declare(const OperatorDef& def, const TextOptions& options,
                                   const std::vector<std::vector<Field>>& inputs,
                                   const std::vector<std::string>& components = {}) {
  Options parsed = DNSTORM_TRY(Options::parse(def.options, raw_options(options)));
  std::vector<InputDecl> decls;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    decls.push_back({component_name(components, i), "default", Schema(inputs[i])});
  return def.declare(parsed, decls);
}

// The sentence with which `declare` refuses, or "".
inline std::string declare_error(const OperatorDef& def, const TextOptions& options,
                                 const std::vector<std::vector<Field>>& inputs) {
  auto result = declare(def, options, inputs);
  return result.ok() ? "" : result.error().what;
}

// A clock that stands where the test puts it.
class StillClock final : public Clock {
 public:
  TimeNs wall_ns() const override { return now; }
  TimeNs steady_ns() const override { return now; }
  TimeNs now = 0;
};

// Keeps the frames of a board sink.
class FrameList final : public Feed {
 public:
  void publish(FeedFrame frame) override { frames.push_back(std::move(frame)); }
  std::vector<FeedFrame> frames;
};

inline TimeNs time_of_text(const std::string& text) {
  if (!text.empty() && text.front() == '-') return -time_of_text(text.substr(1));
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos)
    return std::stoll(text);
  auto ns = parse_duration(text);
  DNSTORM_ASSERT(ns.has_value(), "a test writes a time that is none", text);
  return *ns;
}
inline std::string text_of_time(TimeNs ns) {
  if (ns % ns_per_s == 0) return fmt::format("{}s", ns / ns_per_s);
  return fmt::format("{}ns", ns);
}

template <class T>
void write_number(RowWriter row, std::uint32_t offset, const std::string& text) {
  T value{};
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  DNSTORM_ASSERT(problem == std::errc() && *rest == 0, "a test writes a number that is none", text);
  row.set(FieldRef<T>{offset}, value);
}

inline void write_cell(RowWriter row, Type type, std::uint32_t offset, const std::string& text) {
  switch (type) {
    case Type::boolean:
      return row.set(FieldRef<bool>{offset}, text == "true");
    case Type::u8:
      return write_number<std::uint8_t>(row, offset, text);
    case Type::u16:
      return write_number<std::uint16_t>(row, offset, text);
    case Type::u32:
      return write_number<std::uint32_t>(row, offset, text);
    case Type::u64:
      return write_number<std::uint64_t>(row, offset, text);
    case Type::i64:
      return write_number<std::int64_t>(row, offset, text);
    case Type::f64:
      return write_number<double>(row, offset, text);
    case Type::time:
      return row.set(FieldRef<std::int64_t>{offset}, time_of_text(text));
    case Type::ip: {
      auto ip = parse_ip(text);
      DNSTORM_ASSERT(ip.has_value(), "a test writes an address that is none", text);
      return row.set(FieldRef<IpAddress>{offset}, *ip);
    }
    case Type::str:
      return row.set_str(FieldRef<Str>{offset}, text);
    case Type::bytes:
      return row.set_bytes(FieldRef<Bytes>{offset},
                           {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
}

inline std::string cell_text(const RowView& row, Type type, std::uint32_t offset) {
  switch (type) {
    case Type::boolean:
      return row.get(FieldRef<bool>{offset}) ? "true" : "false";
    case Type::u8:
      return fmt::format("{}", row.get(FieldRef<std::uint8_t>{offset}));
    case Type::u16:
      return fmt::format("{}", row.get(FieldRef<std::uint16_t>{offset}));
    case Type::u32:
      return fmt::format("{}", row.get(FieldRef<std::uint32_t>{offset}));
    case Type::u64:
      return fmt::format("{}", row.get(FieldRef<std::uint64_t>{offset}));
    case Type::i64:
      return fmt::format("{}", row.get(FieldRef<std::int64_t>{offset}));
    case Type::f64:
      return fmt::format("{}", row.get(FieldRef<double>{offset}));
    case Type::time:
      return text_of_time(row.get(FieldRef<std::int64_t>{offset}));
    case Type::ip:
      return format_ip(row.get(FieldRef<IpAddress>{offset}));
    case Type::str:
      return std::string(row.get(FieldRef<Str>{offset}));
    case Type::bytes: {
      auto bytes = row.get(FieldRef<Bytes>{offset});
      return {bytes.begin(), bytes.end()};
    }
  }
  return "?";
}

inline std::string row_text(const Schema& schema, const RowView& row) {
  std::string text;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (i != 0) text += ' ';
    text += cell_text(row, schema.field(i).type, schema.offset(i));
  }
  return text;
}

struct HarnessSettings {
  std::uint32_t task_index = 0;
  std::uint32_t task_count = 1;
  // Output fields that somebody reads, of every stream; empty: all.
  std::vector<std::string> read_outputs = {};
  // Whether anybody reads the streams at all.
  bool outputs_wanted = true;
  // The fields of the grouping by which rows come.
  std::vector<std::string> grouped_by = {};
  // Where the inputs come from.
  std::vector<std::string> components = {};
  const Resources* resources = nullptr;  // outlives the task
};

class TaskHarness final : public Emitter::Outlet {
 public:
  using Settings = HarnessSettings;

  TaskHarness(OperatorDef operator_def, const TextOptions& options, std::vector<Field> input,
              Settings settings = {})
      : TaskHarness(std::move(operator_def), options,
                    std::vector<std::vector<Field>>{std::move(input)}, std::move(settings)) {}

  TaskHarness(OperatorDef operator_def, const TextOptions& options,
              const std::vector<std::vector<Field>>& inputs, Settings settings = {})
      : def(std::move(operator_def)) {
    for (const auto& fields : inputs) full_inputs_.emplace_back(fields);
    declaration = declare(def, options, inputs, settings.components).value();
    set_up_context(settings);
    emitter_ = std::make_unique<Emitter>(context.outputs, *this);
    bolt_ = def.make_bolt(Options::parse(def.options, raw_options(options)).value());
    prepared = bolt_->prepare(context);
  }

  // Rows of one batch, in the order given.
  void feed(const std::vector<TextRow>& rows, std::size_t input = 0) {
    BatchBuilder builder(context.inputs[input].schema);
    for (const TextRow& cells : rows) write_row(builder.add_row(), cells, input);
    send(builder.seal(), nullptr, input);
  }
  // A batch as it is; its schema is input_schema(input).
  void send(BatchPtr batch, SelectionPtr selection = nullptr, std::size_t input = 0) {
    bolt_->execute({input, std::move(batch), std::move(selection)}, *emitter_);
    emitter_->flush();
  }
  void watermark(TimeNs now) {
    bolt_->watermark(now, *emitter_);
    emitter_->flush();
  }
  void tick() {
    bolt_->tick(*emitter_);
    emitter_->flush();
  }
  // The end of the input, as the runtime delivers it.
  void finish() {
    auto result = try_finish();
    EXPECT_TRUE(result.ok()) << result.error().what;
  }
  Result<void> try_finish() {
    watermark(time_max);
    auto result = bolt_->finish(*emitter_);
    emitter_->flush();
    return result;
  }

  // What a checkpoint would keep, and a task that goes on from it.
  std::string save() {
    auto saved = try_save();
    EXPECT_TRUE(saved.ok());
    return saved.ok() ? *saved : "";
  }
  Result<std::string> try_save() {
    StateWriter out;
    DNSTORM_CHECK(save_bolt(*bolt_, out));
    return out.take();
  }
  Result<void> restore(std::string_view state) {
    StateReader in(state);
    DNSTORM_CHECK(restore_bolt(*bolt_, in));
    if (!in.ok()) return Error{ErrorKind::data, "the state is cut off", {}};
    return {};
  }

  // A row of an input's schema from the cells of its whole one.
  void write_row(RowWriter row, const TextRow& cells, std::size_t input) const {
    const Schema& full = full_inputs_[input];
    const Schema& schema = *context.inputs[input].schema;
    DNSTORM_ASSERT(cells.size() == full.size(),
                   "a test row has another number of cells than the schema", cells.size(),
                   full.names());
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (auto kept = schema.find(full.field(i).name))
        write_cell(row, full.field(i).type, schema.offset(*kept), cells[i]);
  }

  // The rows that have come out of a stream; take() forgets them.
  const std::vector<std::string>& rows(std::size_t stream = 0) const { return texts_[stream]; }
  std::vector<std::string> take(std::size_t stream = 0) {
    return std::exchange(texts_[stream], {});
  }
  // The batches behind rows(), for those who feed them to another harness.
  std::vector<std::pair<BatchPtr, SelectionPtr>> take_batches(std::size_t stream = 0) {
    return std::exchange(batches_[stream], {});
  }

  const SchemaPtr& input_schema(std::size_t input = 0) const {
    return context.inputs[input].schema;
  }
  std::uint64_t counter(std::string_view name) const {
    for (const NamedValue& value : counters.values())
      if (value.name == name) return value.value;
    return 0;
  }

  OperatorDef def;
  Declaration declaration;
  TaskContext context;
  StillClock clock;
  CounterSet counters;
  FrameList feed_list;
  Result<void> prepared;  // what Bolt::prepare answered; a test of failures looks at it

 private:
  void set_up_context(const Settings& settings) {
    context.topology = "test";
    context.component = def.name;
    context.task_index = settings.task_index;
    context.task_count = settings.task_count;
    for (std::size_t i = 0; i < full_inputs_.size(); ++i)
      context.inputs.push_back({component_name(settings.components, i), "default",
                                std::make_shared<const Schema>(pruned_input(i, settings)),
                                settings.grouped_by});
    for (const StreamDecl& stream : declaration.outputs) {
      Schema schema(stream.fields);
      if (!settings.read_outputs.empty()) schema = schema.pruned(settings.read_outputs);
      SchemaPtr made = std::make_shared<const Schema>(std::move(schema));
      if (stream.forwards_input) made = context.inputs[0].schema;
      context.outputs.push_back(settings.outputs_wanted ? made : nullptr);
    }
    context.clock = &clock;
    context.counters = &counters;
    context.feed = &feed_list;
    context.resources = settings.resources;
    texts_.resize(declaration.outputs.size());
    batches_.resize(declaration.outputs.size());
  }

  // What readers of a forwarding stream read is read from its input, and a grouping reads its keys.
  Schema pruned_input(std::size_t input, const Settings& settings) const {
    bool passes = false;
    for (const StreamDecl& stream : declaration.outputs)
      passes = passes || stream.forwards_input || stream.extends_input;
    std::vector<std::string> keep = declaration.reads.at(input);
    keep.insert(keep.end(), settings.grouped_by.begin(), settings.grouped_by.end());
    if (passes && settings.read_outputs.empty()) return full_inputs_[input];
    if (passes)
      keep.insert(keep.end(), settings.read_outputs.begin(), settings.read_outputs.end());
    return full_inputs_[input].pruned(keep);
  }

  void deliver(std::size_t stream, BatchPtr batch, SelectionPtr selection) override {
    for (RowView row : Rows(*batch, selection.get()))
      texts_[stream].push_back(row_text(batch->schema(), row));
    batches_[stream].emplace_back(std::move(batch), std::move(selection));
  }

  std::vector<Schema> full_inputs_;
  std::unique_ptr<Emitter> emitter_;
  std::unique_ptr<Bolt> bolt_;
  std::vector<std::vector<std::string>> texts_;
  std::vector<std::vector<std::pair<BatchPtr, SelectionPtr>>> batches_;
};

}  // namespace dnstorm::operators::testing
