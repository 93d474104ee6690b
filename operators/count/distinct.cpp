#include "operators/count/distinct.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/checkpoint.hpp"
#include "operators/count/aggregate.hpp"
#include "operators/count/distinct_counter.hpp"
#include "operators/count/key_sections.hpp"
#include "operators/count/keyed_sessions.hpp"
#include "operators/windowing/row_windows.hpp"

namespace dnstorm::operators {

namespace {

// The counters of one pane or window, one a key. Counters beyond the keys of this window wait to be
// used.
struct DistinctState {
  explicit DistinctState(KeyIndex key_index) : index(std::move(key_index)) {}
  void merge(const DistinctState& other) {
    std::vector<std::uint64_t> codes = other.index.codes();
    for (std::uint32_t i = 0; i < codes.size(); ++i) {
      std::uint32_t number = index.number_of(codes[i], other.index.key(i));
      if (number < counters.size())
        counters[number].merge(other.counters[i]);
      else
        counters.push_back(other.counters[i]);
    }
  }
  void clear() {
    for (std::uint32_t i = 0; i < index.count(); ++i) counters[i].clear();
    if (counters.size() > counters_kept_max && index.count() < counters.size() / 2)
      counters.erase(counters.begin() + index.count(), counters.end());
    index.clear();
  }
  // A counter may hold a sketch of many kilobytes: a burst of keys must not keep its memory for
  // ever.
  static constexpr std::size_t counters_kept_max = 256;
  KeyIndex index;
  std::vector<DistinctCounter> counters;
};

class DistinctBolt final : public Bolt, private KeyedState {
  // First in the class, for their types are deduced.
  auto make_counter() const {
    return [this] { return DistinctCounter(precision_, exact_max_); };
  }

  auto emit_to(Emitter& out) const {
    return [this, &out](const DistinctState& state, WindowBounds bounds) {
      if (!out.wanted()) return;
      for (std::uint32_t number : order_.sorted(state.index))
        emit_row(state.index.key(number), bounds, state.counters[number], out);
    };
  }

 public:
  explicit DistinctBolt(Options options)
      : options_(std::move(options)),
        precision_(static_cast<std::uint8_t>(options_.integer("precision"))),
        exact_max_(options_.flag("exact")
                       ? DistinctCounter::always_exact
                       : static_cast<std::uint64_t>(options_.integer("exact_below"))) {}

  Result<void> prepare(const TaskContext& task) override {
    const auto& by = options_.list("by");
    for (const Input& input : task.inputs)
      readers_.push_back({KeyReader(*input.schema, by),
                          KeyReader(*input.schema, options_.list("of")),
                          time_ref(options_, *input.schema)});
    WindowSpec spec = window_spec(options_);
    KeyIndex empty(*task.inputs[0].schema, by, spec.shape.slides());
    order_ = KeyOrder(*task.inputs[0].schema, by);
    grouping_ = KeyGrouping(task, by);
    late_ = late_rows(task);
    if (options_.given("session"))
      sessions_.emplace(KeyIndex(*task.inputs[0].schema, by, true), order_,
                        options_.duration("session"), spec.lateness);
    windows_ = {spec, late_, task.clock,
                [empty] { return std::make_unique<DistinctState>(empty); }};
    if (task.outputs[0] == nullptr) return {};
    const Schema& schema = *task.outputs[0];
    window_ = schema.ref<std::int64_t>("window");
    window_end_ = schema.ref<std::int64_t>("window_end");
    distinct_ = schema.ref<std::uint64_t>("distinct");
    error_ = schema.ref<double>("error");
    targets_ = key_targets(schema, by);
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    const Reader& reader = readers_[in.input];
    Rows rows = in.rows();
    if (sessions_) return add_to_sessions(in, reader, out);
    auto add = [&](DistinctState& state, std::uint32_t first, std::uint32_t last) {
      state.index.each(rows, first, last, reader.by, [&](const RowView& row, std::uint32_t number) {
        if (number >= state.counters.size()) [[unlikely]]
          state.counters.emplace_back(precision_, exact_max_);
        state.counters[number].add(reader.of.hash(row));
      });
    };
    windows_.take(in, reader.time, out, add, emit_to(out));
  }

  void watermark(TimeNs now, Emitter& out) override {
    if (!sessions_) return windows_.watermark(now, emit_to(out));
    sessions_->close(now, [&](std::string_view key, WindowBounds bounds, const auto& counter) {
      if (out.wanted()) emit_row(key, bounds, counter, out);
    });
  }
  void tick(Emitter& out) override { windows_.tick(emit_to(out)); }

  std::vector<KeyedState*> keyed_state() override { return {this}; }
  Result<void> save(StateWriter& out) override {
    sessions_ ? sessions_->save(out) : windows_.save(out);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    if (sessions_)
      sessions_->restore(in);
    else if (!windows_.restore(in))
      return damaged_state();
    return {};
  }

  void save_groups(GroupSections& out) const override {
    if (sessions_) {
      auto save_session = [](StateWriter& to, const DistinctCounter& counter) { counter.save(to); };
      sessions_->save_groups(grouping_, out, save_session);
      return;
    }
    windows_.each_pane([&](TimeNs start, const DistinctState& state) {
      save_pane(start, state.index, grouping_, out, [&](StateWriter& section, std::uint32_t key) {
        state.counters[key].save(section);
      });
    });
  }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    auto read_session = [&](DistinctCounter& counter) { return counter.restore(in); };
    if (sessions_)
      return sessions_->restore_group(group, grouping_, in, make_counter(), read_session);
    auto read_key = [&](DistinctState& state, std::uint32_t key) {
      if (key != state.counters.size()) return false;
      state.counters.emplace_back(precision_, exact_max_);
      return state.counters.back().restore(in);
    };
    auto pane = [this](TimeNs start) { return windows_.restore_pane(start); };
    return restore_panes(in, group, grouping_, order_, pane, read_key);
  }

 private:
  struct Reader {
    KeyReader by;
    KeyReader of;
    FieldRef<std::int64_t> time;
  };

  void add_to_sessions(const InputBatch& in, const Reader& reader, Emitter& out) {
    Rows rows = in.rows();
    sessions_->take(
        rows, reader.by, reader.time, make_counter(),
        [&](DistinctCounter& counter, const RowView& row) { counter.add(reader.of.hash(row)); },
        [&](std::uint32_t place) { late_.add(rows, place, place + 1); });
    late_.pass_on(in, out);
  }

  void emit_row(std::string_view key, WindowBounds bounds, const DistinctCounter& counter,
                Emitter& out) const {
    RowWriter row = out.row();
    row.set(window_, bounds.start);
    row.set(window_end_, bounds.end);
    readers_[0].by.restore(key, row, targets_);
    row.set(distinct_, counter.count());
    row.set(error_, counter.relative_error());
  }

  Options options_;
  std::uint8_t precision_;
  std::uint64_t exact_max_;
  std::vector<Reader> readers_;  // one an input
  KeyOrder order_;
  KeyGrouping grouping_;
  RowWindows<DistinctState> windows_;
  std::optional<KeyedSessions<DistinctCounter>> sessions_;  // instead of windows
  LateRows late_;                                           // of the sessions
  FieldRef<std::int64_t> window_;
  FieldRef<std::int64_t> window_end_;
  FieldRef<std::uint64_t> distinct_;
  FieldRef<double> error_;
  std::vector<std::uint32_t> targets_;
};

Result<Declaration> declare_distinct(const Options& options, const std::vector<InputDecl>& inputs) {
  const auto& of = options.list("of");
  const auto& by = options.list("by");
  if (of.empty())
    return Error{ErrorKind::config, "option 'of' names no field; write for example of: [qname]",
                 "of"};
  DNSTORM_CHECK(check_session(options));
  Declaration declaration = DNSTORM_TRY(declare_windowed(options, inputs));
  DNSTORM_CHECK(common_fields(inputs, of, "of"));
  StreamDecl& stream = declaration.outputs[0];
  for (Field field : DNSTORM_TRY(common_fields(inputs, by, "by"))) {
    field.role = Role::key;
    stream.fields.push_back(std::move(field));
  }
  stream.fields.push_back({.name = "distinct",
                           .type = Type::u64,
                           .role = Role::value,
                           .help = fmt::format("number of different {}", fmt::join(of, ", "))});
  stream.fields.push_back({.name = "error",
                           .type = Type::f64,
                           .role = Role::value,
                           .help = "relative standard error of `distinct`; 0: exact"});
  DNSTORM_CHECK(check_output_names(stream, "by"));
  read_from_all(declaration, of);
  read_from_all(declaration, by);
  declaration.partition_by = by;
  if (by.empty()) declaration.single_task = true;
  return declaration;
}

}  // namespace

OperatorDef distinct_operator() {
  OperatorDef def;
  def.name = "distinct";
  def.summary = "Counts different items per window: exactly while few, with HyperLogLog beyond.";
  def.options = {
      {.name = "of",
       .type = OptionType::list,
       .default_text = "",
       .help = "the fields that make up an item",
       .required = true},
      {"by", OptionType::list, "",
       "the fields that make up the key; none: one number for all rows"},
      {.name = "precision",
       .type = OptionType::integer,
       .default_text = "14",
       .help = "HyperLogLog with 2^precision registers; standard error 1.04 / sqrt(2^precision)",
       .min = HyperLogLog::precision_min,
       .max = HyperLogLog::precision_max},
      {.name = "exact_below",
       .type = OptionType::integer,
       .default_text = "4096",
       .help = "up to so many different items the count is exact",
       .max = 1e9},
      {"exact", OptionType::flag, "false", "never estimate; needs 16 to 32 bytes an item"},
  };
  for (OptionSpec& spec : window_options()) def.options.push_back(std::move(spec));
  def.options.push_back(session_option());
  def.constructor = {"of", "window"};
  def.methods = window_methods();
  def.example =
      "- id: clients\n"
      "  className: distinct\n"
      "  properties: {of: [client], window: 60s}\n";
  def.declare = declare_distinct;
  def.make_bolt = [](const Options& options) { return std::make_unique<DistinctBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
