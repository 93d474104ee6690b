#include "operators/count/count.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/checkpoint.hpp"
#include "operators/count/aggregate.hpp"
#include "operators/count/key_sections.hpp"
#include "operators/count/keyed_sessions.hpp"
#include "operators/count/parts.hpp"
#include "operators/number.hpp"
#include "operators/windowing/part_windows.hpp"
#include "operators/windowing/row_windows.hpp"

namespace dnstorm::operators {

namespace {

std::string sum_name(const std::string& field) { return field + "_sum"; }

// The counts of one pane or window. `values` holds a block per key: the count, then the sums.
struct CountState {
  explicit CountState(KeyIndex key_index) : index(std::move(key_index)) {}
  void merge(const CountState& other) {
    if (other.values.empty()) return;
    std::size_t block = other.values.size() / other.index.count();
    std::vector<std::uint64_t> codes = other.index.codes();
    for (std::uint32_t i = 0; i < codes.size(); ++i) {
      std::size_t at = index.number_of(codes[i], other.index.key(i)) * block;
      if (at == values.size()) values.resize(at + block);
      for (std::size_t j = 0; j < block; ++j) values[at + j] += other.values[i * block + j];
    }
  }
  void clear() {
    index.clear();
    values.clear();
  }
  KeyIndex index;
  std::vector<std::uint64_t> values;
};

// The counts of one session.
struct CountSession {
  void merge(const CountSession& other) {
    for (std::size_t i = 0; i < block.size(); ++i) block[i] += other.block[i];
  }
  std::vector<std::uint64_t> block;
};

class CountBolt final : public Bolt, private KeyedState {
  // First in the class, for their types are deduced.
  auto make_session() const {
    return [this] { return CountSession{std::vector<std::uint64_t>(block_)}; };
  }

  auto emit_to(Emitter& out) const {
    return [this, &out](const CountState& state, WindowBounds bounds) {
      if (!out.wanted()) return;
      for (std::uint32_t number : order_.sorted(state.index))
        emit_row(state.index.key(number), bounds, &state.values[number * block_], out);
    };
  }

 public:
  explicit CountBolt(Options options)
      : options_(std::move(options)), merges_(options_.flag("merge")) {}

  Result<void> prepare(const TaskContext& task) override {
    const auto& by = options_.list("by");
    for (const Input& input : task.inputs) readers_.push_back(reader_of(*input.schema));
    block_ = 1 + options_.list("sums").size();
    WindowSpec spec = window_spec(options_);
    KeyIndex empty(*task.inputs[0].schema, by, merges_ || spec.shape.slides());
    order_ = KeyOrder(*task.inputs[0].schema, by);
    grouping_ = KeyGrouping(task, by);
    late_ = late_rows(task);
    if (options_.given("session"))
      sessions_.emplace(KeyIndex(*task.inputs[0].schema, by, true), order_,
                        options_.duration("session"), spec.lateness);
    auto make = [empty] { return std::make_unique<CountState>(empty); };
    if (merges_)
      parts_ = {options_.duration("lateness"), make};
    else
      windows_ = {spec, late_, task.clock, make};
    if (task.outputs[0] != nullptr) resolve_output(*task.outputs[0]);
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    const Reader& reader = readers_[in.input];
    Rows rows = in.rows();
    if (merges_) return add_parts(in, reader, out);
    if (sessions_) return add_to_sessions(in, reader, out);
    auto add_run = [&](CountState& state, std::uint32_t first, std::uint32_t last) {
      add(state, rows, first, last, reader);
    };
    windows_.take(in, reader.time, out, add_run, emit_to(out));
  }

  void watermark(TimeNs now, Emitter& out) override {
    if (merges_) return parts_.close(now, emit_to(out));
    if (!sessions_) return windows_.watermark(now, emit_to(out));
    sessions_->close(now,
                     [&](std::string_view key, WindowBounds bounds, const CountSession& value) {
                       if (out.wanted()) emit_row(key, bounds, value.block.data(), out);
                     });
  }
  void tick(Emitter& out) override {
    if (!merges_) windows_.tick(emit_to(out));
  }

  std::vector<KeyedState*> keyed_state() override { return {this}; }
  Result<void> save(StateWriter& out) override {
    if (merges_)
      parts_.save(out);
    else
      sessions_ ? sessions_->save(out) : windows_.save(out);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    if (merges_)
      parts_.restore(in);
    else if (sessions_)
      sessions_->restore(in);
    else if (!windows_.restore(in))
      return damaged_state();
    return {};
  }

  void save_groups(GroupSections& out) const override {
    if (sessions_) {
      sessions_->save_groups(grouping_, out, [](StateWriter& section, const CountSession& value) {
        for (std::uint64_t number : value.block) section.put(number);
      });
      return;
    }
    auto save_state = [&](auto name, const CountState& state) {
      save_pane(name, state.index, grouping_, out, [&](StateWriter& section, std::uint32_t key) {
        for (std::size_t i = 0; i < block_; ++i) section.put(state.values[key * block_ + i]);
      });
    };
    merges_ ? parts_.each(save_state) : windows_.each_pane(save_state);
  }
  // Parts of a key's counts that stood in several tasks are added up.
  bool restore_group(std::uint32_t group, StateReader& in) override {
    auto read_session = [&in](CountSession& value) {
      for (std::uint64_t& number : value.block) number = in.get<std::uint64_t>();
      return in.ok();
    };
    if (sessions_)
      return sessions_->restore_group(group, grouping_, in, make_session(), read_session);
    auto read_key = [&](CountState& state, std::uint32_t key) {
      std::size_t at = std::size_t{key} * block_;
      if (at == state.values.size()) state.values.resize(at + block_);
      for (std::size_t i = 0; i < block_; ++i) state.values[at + i] += in.get<std::uint64_t>();
      return in.ok();
    };
    auto part = [this](WindowBounds bounds) { return parts_.at(bounds); };
    if (merges_) return restore_panes<WindowBounds>(in, group, grouping_, order_, part, read_key);
    auto pane = [this](TimeNs start) { return windows_.restore_pane(start); };
    return restore_panes(in, group, grouping_, order_, pane, read_key);
  }

 private:
  struct Reader {
    KeyReader key;
    FieldRef<std::int64_t> time;
    NumberRef weight;
    std::vector<NumberRef> sums;
    // Of parts.
    FieldRef<std::int64_t> window;
    FieldRef<std::int64_t> window_end;
  };

  Reader reader_of(const Schema& schema) const {
    Reader reader{.key = KeyReader(schema, options_.list("by")),
                  .time = {},
                  .weight = {},
                  .sums = {},
                  .window = {},
                  .window_end = {}};
    for (const std::string& name : options_.list("sums"))
      reader.sums.emplace_back(schema, merges_ ? sum_name(name) : name);
    if (merges_) {
      reader.weight = NumberRef(schema, "count");
      reader.window = schema.ref<std::int64_t>("window");
      reader.window_end = schema.ref<std::int64_t>("window_end");
      return reader;
    }
    reader.time = time_ref(options_, schema);
    if (options_.given("weight")) reader.weight = NumberRef(schema, options_.text("weight"));
    return reader;
  }

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

  // The rows of a part come one after the other, so a window is looked up once for many of them.
  void add_parts(const InputBatch& in, const Reader& reader, Emitter& out) {
    Rows rows = in.rows();
    for (std::uint32_t first = 0, last = 0; first < rows.size(); first = last) {
      WindowBounds bounds{rows[first].get(reader.window), rows[first].get(reader.window_end)};
      last = first + 1;
      while (last < rows.size() && rows[last].get(reader.window) == bounds.start &&
             rows[last].get(reader.window_end) == bounds.end)
        ++last;
      if (CountState* state = parts_.at(bounds))
        add(*state, rows, first, last, reader);
      else
        late_.add(rows, first, last);
    }
    late_.pass_on(in, out);
  }

  void add_to_sessions(const InputBatch& in, const Reader& reader, Emitter& out) {
    Rows rows = in.rows();
    auto use = [&](CountSession& value, const RowView& row) {
      value.block[0] += reader.weight.present() ? reader.weight.get(row) : 1;
      for (std::size_t i = 0; i < reader.sums.size(); ++i)
        value.block[1 + i] += reader.sums[i].get(row);
    };
    sessions_->take(rows, reader.key, reader.time, make_session(), use,
                    [&](std::uint32_t place) { late_.add(rows, place, place + 1); });
    late_.pass_on(in, out);
  }

  void resolve_output(const Schema& schema) {
    window_ = schema.ref<std::int64_t>("window");
    window_end_ = schema.ref<std::int64_t>("window_end");
    values_.push_back(schema.ref<std::uint64_t>("count"));
    for (const std::string& name : options_.list("sums"))
      values_.push_back(schema.ref<std::uint64_t>(sum_name(name)));
    targets_ = key_targets(schema, options_.list("by"));
  }

  void emit_row(std::string_view key, WindowBounds bounds, const std::uint64_t* values,
                Emitter& out) const {
    RowWriter row = out.row();
    row.set(window_, bounds.start);
    row.set(window_end_, bounds.end);
    readers_[0].key.restore(key, row, targets_);
    for (std::size_t i = 0; i < block_; ++i) row.set(values_[i], values[i]);
  }

  Options options_;
  bool merges_;
  std::vector<Reader> readers_;  // one an input
  std::size_t block_ = 1;
  KeyOrder order_;
  KeyGrouping grouping_;
  RowWindows<CountState> windows_;
  PartWindows<CountState> parts_;                        // instead of windows
  std::optional<KeyedSessions<CountSession>> sessions_;  // likewise
  LateRows late_;                                        // of both
  FieldRef<std::int64_t> window_;
  FieldRef<std::int64_t> window_end_;
  std::vector<FieldRef<std::uint64_t>> values_;  // count, then the sums
  std::vector<std::uint32_t> targets_;
};

// What is added up by windows must lie in one window of the count that does so.
Result<void> check_partial(const Options& options) {
  if (!options.flag("partial")) return {};
  if (options.flag("merge"))
    return Error{ErrorKind::config,
                 "option 'merge' has no meaning beside 'partial': one count makes the parts, "
                 "another adds them up",
                 "merge"};
  for (const char* name : {"slide", "session", "count_window"})
    if (options.given(name))
      return Error{ErrorKind::config,
                   fmt::format("option '{}' has no meaning with partial: true; let the parts be of "
                               "windows that tumble, and the count that adds them up have it",
                               name),
                   name};
  return {};
}

// Codes and flags: their table stays in the fastest cache.
bool few_keys(const std::vector<Field>& fields) {
  return std::all_of(fields.begin(), fields.end(), [](const Field& field) {
    return field.role != Role::key || size_of(field.type) <= sizeof(std::uint16_t);
  });
}

// Reads what is added up: fields of rows, or what `merge: true` finds in its parts.
Result<void> read_numbers(Declaration& declaration, const Options& options,
                          const std::vector<InputDecl>& inputs) {
  bool merges = options.flag("merge");
  if (merges) DNSTORM_CHECK(read_part(declaration, inputs, "count", Type::u64));
  for (const std::string& name : options.list("sums")) {
    if (merges) {
      DNSTORM_CHECK(read_part(declaration, inputs, sum_name(name), Type::u64));
    } else {
      DNSTORM_CHECK(common_number(inputs, name, "sums"));
      read_from_all(declaration, {name});
    }
  }
  if (!options.given("weight")) return {};
  DNSTORM_CHECK(common_number(inputs, options.text("weight"), "weight"));
  read_from_all(declaration, {options.text("weight")});
  return {};
}

Result<Declaration> declare_count(const Options& options, const std::vector<InputDecl>& inputs) {
  const auto& by = options.list("by");
  const auto& sums = options.list("sums");
  DNSTORM_CHECK(check_session(options));
  DNSTORM_CHECK(check_partial(options));
  bool merges = options.flag("merge");
  Declaration declaration =
      DNSTORM_TRY(merges ? declare_parts(options, inputs, {"weight", "session"})
                         : declare_windowed(options, inputs));
  if (merges) declaration.state = StateScope::keyed;
  StreamDecl& stream = declaration.outputs[0];
  for (Field field : DNSTORM_TRY(common_fields(inputs, by, "by"))) {
    field.role = Role::key;
    stream.fields.push_back(std::move(field));
  }
  std::string what =
      options.given("weight") ? "sum of " + options.text("weight") : "number of rows";
  auto add = [&](const std::string& name, const std::string& help) {
    stream.fields.push_back(
        {.name = name, .type = Type::u64, .role = Role::value, .help = help, .fold = Fold::sum});
  };
  add("count", what);
  DNSTORM_CHECK(check_output_names(stream, "by"));
  for (const std::string& name : sums) add(sum_name(name), "sum of " + name);
  DNSTORM_CHECK(check_output_names(stream, "sums"));
  DNSTORM_CHECK(read_numbers(declaration, options, inputs));
  read_from_all(declaration, by);
  declaration.light = few_keys(stream.fields);
  if (options.flag("partial")) {
    if (declaration.state == StateScope::keyed) declaration.state = StateScope::partial;
    return declaration;
  }
  declaration.partition_by = by;
  if (by.empty()) declaration.single_task = true;
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
       "`merge: true` adds the parts up"},
      {"merge", OptionType::flag, "false", "adds up the results of one with `partial: true`"},
  };
  for (OptionSpec& spec : window_options()) def.options.push_back(std::move(spec));
  def.options.push_back(session_option());
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
