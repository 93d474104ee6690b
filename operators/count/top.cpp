#include "operators/count/top.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "engine/api/keyed_state.hpp"
#include "operators/checkpoint.hpp"
#include "operators/count/aggregate.hpp"
#include "operators/count/hashes_ahead.hpp"
#include "operators/count/parts.hpp"
#include "operators/count/top_state.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

namespace {

// The item of a row, as SpaceSaving asks for it.
struct RowItem {
  const KeyReader& reader;
  RowView row;
  bool equals(std::string_view key) const { return reader.equals(row, key); }
  void write(std::string& key) const { reader.append(row, key); }
};

class TopBolt final : public Bolt, private KeyedState {
  // First in the class, for their types are deduced.
  auto emit_to(Emitter& out) const {
    return [this, &out](const TopState& state, WindowBounds bounds) {
      if (partial_) return emit_sketches(state, bounds, out);
      std::vector<RankedItem> items = items_of(state);
      output_.emit(items, bounds, out);
    };
  }

 public:
  explicit TopBolt(Options options)
      : options_(std::move(options)), partial_(options_.flag("partial")) {}

  Result<void> prepare(const TaskContext& task) override {
    const auto& of = options_.list("of");
    for (const Input& input : task.inputs) {
      Reader reader{KeyReader(*input.schema, of), time_ref(options_, *input.schema), {}};
      if (options_.given("weight"))
        reader.weight = NumberRef(*input.schema, options_.text("weight"));
      readers_.push_back(std::move(reader));
    }
    std::uint32_t capacity = capacity_of(options_);
    windows_ = {window_spec(options_), late_rows(task), task.clock,
                [capacity] { return std::make_unique<TopState>(capacity); }};
    output_ = TopOutput(*task.inputs[0].schema, task.outputs[0], of,
                        static_cast<std::size_t>(options_.integer("k")));
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    const Reader& reader = readers_[in.input];
    Rows rows = in.rows();
    auto add = [&](TopState& state, std::uint32_t first, std::uint32_t last) {
      HashesAhead hashes(rows, first, last, reader.of);
      for (std::uint32_t i = first; i < last; ++i) {
        RowView row = rows[i];
        std::uint64_t weight = reader.weight.present() ? reader.weight.get(row) : 1;
        // What rows to come will need is fetched while this one is worked on.
        state.prefetch_slot(hashes.far(i));
        state.prefetch_item(hashes.near(i));
        std::uint64_t hash = hashes.take(i);
        state.group(hash).add(hash, RowItem{reader.of, row}, weight);
      }
    };
    windows_.take(in, reader.time, out, add, emit_to(out));
  }

  void watermark(TimeNs now, Emitter& out) override { windows_.watermark(now, emit_to(out)); }
  void tick(Emitter& out) override { windows_.tick(emit_to(out)); }

  std::vector<KeyedState*> keyed_state() override { return {this}; }
  Result<void> save(StateWriter& out) override {
    windows_.save(out);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    if (!windows_.restore(in)) return damaged_state();
    return {};
  }

  void save_groups(GroupSections& out) const override {
    windows_.each_pane([&](TimeNs start, const TopState& state) {
      for (std::uint32_t group = 0; group < key_groups; ++group) {
        const auto& sketch = state.groups[group];
        if (sketch == nullptr || sketch->size() == 0) continue;
        out.of(group).put(start);
        sketch->save(out.of(group));
      }
    });
  }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    auto valid = [this](std::string_view key) { return output_.order().holds(key); };
    while (!in.at_end()) {
      auto start = in.get<TimeNs>();
      TopState* pane = in.ok() ? windows_.restore_pane(start) : nullptr;
      if (pane == nullptr || pane->groups[group] != nullptr) return false;
      pane->groups[group] = std::make_unique<SpaceSaving>(pane->capacity);
      if (!pane->groups[group]->restore(in, valid)) return false;
    }
    return in.ok();
  }

 private:
  struct Reader {
    KeyReader of;
    FieldRef<std::int64_t> time;
    NumberRef weight;
  };

  // A row for each key group, which shows its first item.
  void emit_sketches(const TopState& state, WindowBounds bounds, Emitter& out) const {
    if (!out.wanted()) return;
    for (std::uint32_t group = 0; group < key_groups; ++group) {
      const auto& sketch = state.groups[group];
      if (sketch == nullptr || sketch->size() == 0) continue;
      std::vector<RankedItem> items = items_of(*sketch);
      output_.emit_group(items, bounds, group, *sketch, out);
    }
  }

  Options options_;
  bool partial_;
  std::vector<Reader> readers_;  // one an input
  RowWindows<TopState> windows_;
  TopOutput output_;
};

// `number`: the field that tells rows of a window apart.
Result<void> add_output_fields(StreamDecl& stream, std::vector<Field> items, Field number) {
  number.type = Type::u32;
  number.role = Role::key;
  stream.fields.push_back(std::move(number));
  for (Field& field : items) {
    field.role = Role::value;
    field.unbounded = true;
    stream.fields.push_back(std::move(field));
  }
  stream.fields.push_back({.name = "count",
                           .type = Type::u64,
                           .role = Role::value,
                           .help = "never below the true count"});
  stream.fields.push_back({.name = "error",
                           .type = Type::u64,
                           .role = Role::value,
                           .help = "by how much `count` may be too high; 0: exact"});
  return check_output_names(stream, "of");
}

Field rank_field() { return {.name = "rank", .help = "1 is the most frequent"}; }

// Parts that were made behind any grouping, as sketches.
bool are_sketches(const std::vector<InputDecl>& inputs) {
  return std::all_of(inputs.begin(), inputs.end(), [](const InputDecl& input) {
    auto index = input.schema.find(sketch_field);
    return index && input.schema.field(*index).type == Type::bytes;
  });
}

// What only the first of the two forms can use, or the error that says so.
Result<void> check_merge_options(const Options& options, bool sketches) {
  for (const char* name : {"window", "slide", "count_window", "count_slide", "clock", "time",
                           "weight", "partial", "capacity"})
    if (options.given(name) && !(sketches && name == std::string_view("capacity")))
      return Error{
          ErrorKind::config,
          fmt::format("option '{}' has no meaning with merge: true, which takes windows and counts "
                      "as the tops before it made them; leave it out",
                      name),
          name};
  return {};
}

Result<Declaration> declare_merge(const Options& options, const std::vector<InputDecl>& inputs) {
  bool sketches = are_sketches(inputs);
  DNSTORM_CHECK(check_merge_options(options, sketches));
  const std::vector<std::pair<std::string, Type>> parts = {{"window", Type::time},
                                                           {"window_end", Type::time},
                                                           {"count", Type::u64},
                                                           {"error", Type::u64}};
  Declaration declaration;
  declaration.restorable = true;
  declaration.reads.resize(inputs.size());
  declaration.outputs.push_back({});
  StreamDecl& stream = declaration.outputs[0];
  for (const auto& [name, type] : parts) {
    Field field = DNSTORM_TRY(common_fields(inputs, {name}, "merge")).front();
    if (field.type != type)
      return Error{
          ErrorKind::config,
          fmt::format(
              "merge: true reads the results of a top, but field '{}' is of type {}, not {}", name,
              to_string(field.type), to_string(type)),
          "merge"};
    if (type == Type::time) stream.fields.push_back(field);
    read_from_all(declaration, {name});
  }
  const auto& of = options.list("of");
  std::vector<Field> items = DNSTORM_TRY(common_fields(inputs, of, "of"));
  DNSTORM_CHECK(add_output_fields(stream, std::move(items), rank_field()));
  read_from_all(declaration, of);
  if (sketches) read_from_all(declaration, {"group", sketch_field});
  declaration.single_task = true;
  return declaration;
}

// Behind any grouping: several tasks may have rows of one item.
Result<Declaration> declare_partial(const Options& options, Declaration declaration) {
  for (const char* name : {"count_window", "slide"})
    if (options.given(name))
      return Error{ErrorKind::config,
                   fmt::format("option '{}' has no meaning with partial: true; let the parts be of "
                               "windows that tumble",
                               name),
                   name};
  declaration.outputs[0].fields.push_back({.name = sketch_field,
                                           .type = Type::bytes,
                                           .role = Role::value,
                                           .unbounded = true,
                                           .help = "what one with merge: true puts together"});
  DNSTORM_CHECK(check_output_names(declaration.outputs[0], "of"));
  // A sketch that has been merged takes no more rows.
  declaration.state = StateScope::task;
  return declaration;
}

Result<Declaration> declare_top(const Options& options, const std::vector<InputDecl>& inputs) {
  const auto& of = options.list("of");
  if (of.empty())
    return Error{ErrorKind::config, "option 'of' names no field; write for example of: [qname]",
                 "of"};
  if (options.flag("merge")) return declare_merge(options, inputs);
  if (capacity_of(options) < static_cast<std::uint32_t>(options.integer("k")))
    return Error{ErrorKind::config, "option 'capacity' is below 'k'; give at least k", "capacity"};
  Declaration declaration = DNSTORM_TRY(declare_windowed(options, inputs));
  std::vector<Field> items = DNSTORM_TRY(common_fields(inputs, of, "of"));
  bool partial = options.flag("partial");
  Field number = rank_field();
  if (partial) number = {.name = "group", .help = "the key group that the sketch is of"};
  DNSTORM_CHECK(add_output_fields(declaration.outputs[0], std::move(items), std::move(number)));
  if (options.given("weight")) {
    DNSTORM_CHECK(common_number(inputs, options.text("weight"), "weight"));
    read_from_all(declaration, {options.text("weight")});
  }
  read_from_all(declaration, of);
  if (partial) return declare_partial(options, std::move(declaration));
  declaration.partition_by = of;
  declaration.partition_exact = true;
  return declaration;
}

}  // namespace

OperatorDef top_operator() {
  OperatorDef def;
  def.name = "top";
  def.summary =
      "Finds the k most frequent items per window with Space-Saving, and says how exact each is.";
  def.options = {
      {.name = "of",
       .type = OptionType::list,
       .default_text = "",
       .help = "the fields that make up an item",
       .required = true},
      {.name = "k",
       .type = OptionType::integer,
       .default_text = "10",
       .help = "how many items the result has",
       .min = 1,
       .max = SpaceSaving::capacity_max / 2},
      {"weight", OptionType::text, "", "an unsigned field that is added instead of 1"},
      {.name = "capacity",
       .type = OptionType::integer,
       .default_text = "",
       .help = "counters in each of the 128 key groups; by default k, at least 32",
       .min = 1,
       .max = SpaceSaving::capacity_max},
      {"partial", OptionType::flag, "false",
       "each task gives sketches of its part of the rows, whatever the grouping, for another one "
       "with `merge: true`"},
      {"merge", OptionType::flag, "false", "ranks the results of the tasks of another top as one"},
  };
  for (OptionSpec& spec : window_options()) def.options.push_back(std::move(spec));
  def.constructor = {"of", "k", "window"};
  def.methods = window_methods();
  def.example =
      "- id: names_part\n"
      "  className: top\n"
      "  parallelism: 4\n"
      "  properties: {of: [qname], k: 20, window: 10s}\n"
      "- id: names\n"
      "  className: top\n"
      "  properties: {of: [qname], k: 20, merge: true}\n";
  def.declare = declare_top;
  def.make_bolt = [](const Options& options) -> std::unique_ptr<Bolt> {
    if (options.flag("merge")) return make_top_merge(options);
    return std::make_unique<TopBolt>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
