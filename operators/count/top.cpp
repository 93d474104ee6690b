#include "operators/count/top.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "engine/api/keyed_state.hpp"
#include "operators/checkpoint.hpp"
#include "operators/count/aggregate.hpp"
#include "operators/count/hashes_ahead.hpp"
#include "operators/count/space_saving.hpp"
#include "operators/count/top_output.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

namespace {

std::uint32_t capacity_of(const Options& options) {
  auto k = static_cast<std::uint32_t>(options.integer("k"));
  if (options.given("capacity")) return static_cast<std::uint32_t>(options.integer("capacity"));
  return std::max<std::uint32_t>(32, k);
}

// One sketch a key group: what a group finds does not depend on which task it belongs to.
struct TopState {
  explicit TopState(std::uint32_t sketch_capacity) : capacity(sketch_capacity) {}
  SpaceSaving& group(std::uint64_t hash) {
    auto& sketch = groups[key_group(hash)];
    if (sketch == nullptr) [[unlikely]]
      sketch = std::make_unique<SpaceSaving>(capacity);
    return *sketch;
  }
  void prefetch_slot(std::uint64_t hash) const {
    if (const auto& sketch = groups[key_group(hash)]) sketch->prefetch_slot(hash);
  }
  void prefetch_item(std::uint64_t hash) const {
    if (const auto& sketch = groups[key_group(hash)]) sketch->prefetch_item(hash);
  }
  void merge(const TopState& other) {
    for (std::uint32_t i = 0; i < key_groups; ++i) {
      if (other.groups[i] == nullptr) continue;
      if (groups[i] == nullptr) groups[i] = std::make_unique<SpaceSaving>(capacity);
      groups[i]->merge(*other.groups[i]);
    }
  }
  void clear() {
    for (auto& sketch : groups)
      if (sketch != nullptr) sketch->clear();
  }
  std::uint32_t capacity;
  std::array<std::unique_ptr<SpaceSaving>, key_groups> groups;
};

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
      std::vector<RankedItem> items;
      for (const auto& sketch : state.groups) {
        if (sketch == nullptr) continue;
        for (std::uint32_t i = 0; i < sketch->size(); ++i)
          items.push_back({sketch->count(i), sketch->error(i), sketch->key(i)});
      }
      output_.emit(items, bounds, out);
    };
  }

 public:
  explicit TopBolt(Options options) : options_(std::move(options)) {}

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

  Options options_;
  std::vector<Reader> readers_;  // one an input
  RowWindows<TopState> windows_;
  TopOutput output_;
};

Result<void> add_output_fields(StreamDecl& stream, std::vector<Field> items) {
  stream.fields.push_back(
      {.name = "rank", .type = Type::u32, .role = Role::key, .help = "1 is the most frequent"});
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

// What only the first of the two forms can use, or the error that says so.
Result<void> check_merge_options(const Options& options) {
  for (const char* name :
       {"window", "slide", "count_window", "count_slide", "clock", "time", "weight", "capacity"})
    if (options.given(name))
      return Error{
          ErrorKind::config,
          fmt::format("option '{}' has no meaning with merge: true, which takes windows and counts "
                      "as the tops before it made them; leave it out",
                      name),
          name};
  return {};
}

Result<Declaration> declare_merge(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(check_merge_options(options));
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
  DNSTORM_CHECK(add_output_fields(stream, std::move(items)));
  read_from_all(declaration, of);
  declaration.single_task = true;
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
  DNSTORM_CHECK(add_output_fields(declaration.outputs[0], std::move(items)));
  if (options.given("weight")) {
    DNSTORM_CHECK(common_number(inputs, options.text("weight"), "weight"));
    read_from_all(declaration, {options.text("weight")});
  }
  read_from_all(declaration, of);
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
