#include "operators/count/join.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "operators/count/aggregate.hpp"
#include "operators/count/join_columns.hpp"
#include "operators/count/join_rows.hpp"

namespace dnstorm::operators {

namespace {

WindowShape shape_of(const Options& options) {
  DurationNs length = options.duration("window");
  return {length, options.given("slide") ? options.duration("slide") : length};
}

class JoinBolt final : public Bolt {
 public:
  explicit JoinBolt(Options options)
      : options_(std::move(options)),
        matches_max_(static_cast<std::uint64_t>(options_.integer("matches_max"))) {}

  Result<void> prepare(const TaskContext& task) override {
    std::vector<std::string> names;
    std::vector<Schema> schemas;
    for (const Input& input : task.inputs) {
      names.push_back(input_name(input.component, input.stream));
      schemas.push_back(*input.schema);
    }
    optional_ = DNSTORM_TRY(optional_inputs(options_, names));
    auto columns = DNSTORM_TRY(join_columns(options_, names, schemas));
    std::vector<KeyOrder> fields;
    for (std::size_t i = 0; i < task.inputs.size(); ++i)
      fields.push_back(prepare_input(i, schemas[i], columns, task.outputs[0].get()));
    const auto& by = options_.list("by");
    rows_.prepare(KeyGrouping(task, by), KeyOrder(schemas[0], by), std::move(fields),
                  shape_of(options_), options_.duration("lateness"),
                  static_cast<std::uint64_t>(options_.integer("rows_max")));
    if (task.outputs[0] != nullptr) {
      window_ = task.outputs[0]->ref<std::int64_t>("window");
      window_end_ = task.outputs[0]->ref<std::int64_t>("window_end");
    }
    late_rows_ = &task.counter("late_rows");
    no_room_ = &task.counter("rows_left_out");
    unmatched_ = &task.counter("rows_unmatched");
    matches_left_out_ = &task.counter("matches_left_out");
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override {
    const Reader& reader = readers_[in.input];
    for (RowView row : in.rows()) {
      key_.clear();
      reader.key.append(row, key_);
      fields_.clear();
      reader.fields.append(row, fields_);
      auto added = rows_.add(key_, in.input, row.get(reader.time), fields_);
      if (added == JoinRows::Added::late) late_rows_->add();
      if (added == JoinRows::Added::no_room) no_room_->add();
    }
  }

  void watermark(TimeNs now, Emitter& out) override {
    rows_.close(now, [&](std::string_view, const JoinedRows& rows, WindowBounds bounds) {
      join(rows, bounds, out);
    });
  }

  Result<void> save(StateWriter& out) override {
    out.put(rows_.watermark());
    return {};
  }
  Result<void> restore(StateReader& in) override {
    rows_.restore_watermark(in.get<TimeNs>());
    return {};
  }
  std::vector<KeyedState*> keyed_state() override { return {&rows_}; }

 private:
  struct Reader {
    KeyReader key;
    KeyReader fields;  // those that are in the result
    FieldRef<std::int64_t> time;
    std::vector<std::uint32_t> targets;  // of `fields`, in the result
    std::vector<FieldRef<bool>> matched;
  };

  KeyOrder prepare_input(std::size_t input, const Schema& schema,
                         const std::vector<JoinColumn>& columns, const Schema* output) {
    Reader& reader = readers_.emplace_back();
    std::vector<std::string> fields;
    for (const JoinColumn& column : columns) {
      if (column.input != input) continue;
      auto index = output == nullptr ? std::nullopt : output->find(column.name);
      std::uint32_t target = index ? output->offset(*index) : FieldRef<Str>::absent;
      if (column.field.empty()) {
        reader.matched.push_back({target});
      } else {
        fields.push_back(column.field);
        reader.targets.push_back(target);
      }
    }
    reader.key = KeyReader(schema, options_.list("by"));
    reader.fields = KeyReader(schema, fields);
    reader.time = schema.ref<std::int64_t>(options_.text("time"));
    return {schema, fields};
  }

  // Each row of an input with each of the others: the last input's turn fastest.
  void join(const JoinedRows& rows, WindowBounds bounds, Emitter& out) {
    std::uint64_t seen = 0;
    std::uint64_t matches = 1;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      seen += rows[i].size();
      std::uint64_t choices = rows[i].empty() && optional_[i] ? 1 : rows[i].size();
      if (__builtin_mul_overflow(matches, choices, &matches)) matches = ~std::uint64_t{0};
    }
    if (matches == 0) return unmatched_->add(seen);
    std::uint64_t given = std::min(matches, matches_max_);
    matches_left_out_->add(matches - given);
    if (!out.wanted()) return;
    std::vector<std::size_t> at(rows.size());
    for (; given != 0; --given) {
      write(rows, at, bounds, out.row());
      for (std::size_t i = rows.size(); i-- != 0;) {
        if (++at[i] < rows[i].size()) break;
        at[i] = 0;
      }
    }
  }

  void write(const JoinedRows& rows, const std::vector<std::size_t>& at, WindowBounds bounds,
             RowWriter row) const {
    row.set(window_, bounds.start);
    row.set(window_end_, bounds.end);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].empty()) continue;
      readers_[i].fields.restore(rows[i][at[i]]->fields, row, readers_[i].targets);
      for (FieldRef<bool> matched : readers_[i].matched) row.set(matched, true);
    }
  }

  Options options_;
  std::uint64_t matches_max_;
  std::vector<Reader> readers_;  // one an input
  std::vector<bool> optional_;   // likewise
  JoinRows rows_;
  FieldRef<std::int64_t> window_;
  FieldRef<std::int64_t> window_end_;
  std::string key_;  // both kept for their memory
  std::string fields_;
  Counter* late_rows_ = nullptr;
  Counter* no_room_ = nullptr;
  Counter* unmatched_ = nullptr;
  Counter* matches_left_out_ = nullptr;
};

Result<void> check_join(const Options& options, const std::vector<InputDecl>& inputs) {
  if (inputs.size() < 2)
    return Error{ErrorKind::config,
                 "join needs the rows of two inputs at least; name another one in `streams`", "by"};
  if (options.list("by").empty())
    return Error{ErrorKind::config,
                 "option 'by' names no field; write for example by: [client, id]", "by"};
  if (!options.given("slide")) return {};
  return check_slide("slide", options.duration("window"), options.duration("slide"));
}

Field field_of(const JoinColumn& column, const InputDecl& input) {
  Field field{.name = column.name, .type = Type::boolean, .help = "whether there was a row"};
  if (column.field.empty()) return field;
  field = input.schema.field(input.schema.find(column.field).value());
  field.name = column.name;
  // Times and keys of the inputs are neither the time nor the key of what comes of them.
  field.role = Role::plain;
  return field;
}

Result<Declaration> declare_join(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(check_join(options, inputs));
  std::vector<std::string> names;
  std::vector<Schema> schemas;
  for (const InputDecl& input : inputs) {
    names.push_back(input_name(input.component, input.stream));
    schemas.push_back(input.schema);
  }
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::keyed;
  declaration.reads.resize(inputs.size());
  declaration.partition_by = options.list("by");
  DNSTORM_CHECK(common_fields(inputs, options.list("by"), "by"));
  DNSTORM_CHECK(read_time(declaration, options, inputs, "windows"));
  read_from_all(declaration, options.list("by"));
  declaration.outputs.push_back({"default", window_fields()});
  for (const JoinColumn& column : DNSTORM_TRY(join_columns(options, names, schemas))) {
    declaration.outputs[0].fields.push_back(field_of(column, inputs[column.input]));
    auto& reads = declaration.reads[column.input];
    bool known =
        column.field.empty() || std::find(reads.begin(), reads.end(), column.field) != reads.end();
    if (!known) reads.push_back(column.field);
  }
  DNSTORM_CHECK(check_output_names(declaration.outputs[0], "select"));
  return declaration;
}

}  // namespace

OperatorDef join_operator() {
  OperatorDef def;
  def.name = "join";
  def.summary = "Joins the rows of several inputs that have a key in common within a window.";
  def.options = {
      {"by", OptionType::list, "", "the fields that make up the key; every input has them", true},
      {"left", OptionType::list, "",
       "inputs that need have no row of the key: their fields are then 0 or empty"},
      {"select", OptionType::list, "",
       "what the result has: INPUT.FIELD, or NAME=INPUT.FIELD; by default everything"},
      {"window", OptionType::duration, "10s",
       "width of the windows of event time; 0s: one window over the whole input"},
      {"slide", OptionType::duration, "",
       "from one window's end to the next; by default the window's width: tumbling"},
      {"time", OptionType::text, "time", "the field that holds the event time of a row"},
      {"lateness", OptionType::duration, "0s",
       "how far the watermark must be past a window's end before the window is closed"},
      {.name = "rows_max",
       .type = OptionType::integer,
       .default_text = "1Mi",
       .help = "how many rows wait at most; what comes beyond is left out",
       .min = key_groups,
       .max = 1e9},
      {.name = "matches_max",
       .type = OptionType::integer,
       .default_text = "10000",
       .help = "rows of the result at most, per key and window",
       .min = 1,
       .max = 1e12},
  };
  def.constructor = {"by", "window"};
  def.methods = {{"withTumblingWindow", {"window"}},
                 {"withWindow", {"window", "slide"}},
                 {"withTimestampField", {"time"}},
                 {"withLag", {"lateness"}},
                 {"select", {"select"}}};
  def.example =
      "- id: seen_by_both\n"
      "  className: join\n"
      "  properties: {by: [qname, client], window: 5s}\n";
  def.declare = declare_join;
  def.make_bolt = [](const Options& options) { return std::make_unique<JoinBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
