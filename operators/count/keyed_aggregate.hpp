// The bolt around an aggregate by key: windows, sessions or parts of them, the table of keys, late
// rows, checkpoints, the order of results. What is aggregated, and what becomes of it, is the
// Kind's.
//
//   class Kind {
//    public:
//     struct Value {  // what is known of the rows of a key
//       void merge(const Value&);  void clear();
//       void save(StateWriter&) const;  bool restore(StateReader&);  // into a new one
//     };
//     explicit Kind(const Options&);
//     void bind(const TaskContext&);        // in Bolt::prepare
//     Value make() const;
//     void add(Value&, const RowView&, std::size_t input) const;
//     // `row` begins a row of the result with window and key, and may be called several times.
//     template <class NewRow> void emit(const Value&, WindowBounds, NewRow&& row) const;
//     // What put_sketch() of a part wrote is restored and merged.
//   };
//
// Options are those of keyed_options(). Used by one task; not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/checkpoint.hpp"
#include "operators/count/key_sections.hpp"
#include "operators/count/keyed_sessions.hpp"
#include "operators/count/parts.hpp"
#include "operators/windowing/part_windows.hpp"

namespace dnstorm::operators {

// The values of one pane or window, one a key. Values beyond the keys of this window wait to be
// used.
template <class Value>
struct KeyedValues {
  explicit KeyedValues(KeyIndex key_index) : index(std::move(key_index)) {}
  void merge(const KeyedValues& other) {
    std::vector<std::uint64_t> codes = other.index.codes();
    for (std::uint32_t i = 0; i < codes.size(); ++i) {
      std::uint32_t number = index.number_of(codes[i], other.index.key(i));
      if (number < values.size())
        values[number].merge(other.values[i]);
      else
        values.push_back(other.values[i]);
    }
  }
  void clear() {
    for (std::uint32_t i = 0; i < index.count(); ++i) values[i].clear();
    if (values.size() > values_kept_max && index.count() < values.size() / 2)
      values.erase(values.begin() + index.count(), values.end());
    index.clear();
  }
  // A value may hold a sketch of many kilobytes: a burst of keys must not keep its memory for ever.
  static constexpr std::size_t values_kept_max = 256;
  KeyIndex index;
  std::vector<Value> values;
};

template <class Kind>
class KeyedAggregateBolt final : public Bolt, private KeyedState {
  using Value = typename Kind::Value;
  using State = KeyedValues<Value>;

  // First in the class, for their types are deduced.
  auto make_value() const {
    return [this] { return kind_.make(); };
  }
  auto emit_to(Emitter& out) const {
    return [this, &out](const State& state, WindowBounds bounds) {
      if (!out.wanted()) return;
      for (std::uint32_t number : order_.sorted(state.index))
        emit(state.index.key(number), bounds, state.values[number], out);
    };
  }

 public:
  explicit KeyedAggregateBolt(Options options)
      : options_(std::move(options)), kind_(options_), merges_(options_.flag("merge")) {}

  Result<void> prepare(const TaskContext& task) override {
    const auto& by = options_.list("by");
    for (const Input& input : task.inputs) {
      const Schema& schema = *input.schema;
      readers_.push_back({KeyReader(schema, by), {}, {}, {}, {}});
      if (merges_) {
        readers_.back().window = schema.ref<std::int64_t>("window");
        readers_.back().window_end = schema.ref<std::int64_t>("window_end");
        readers_.back().sketch = schema.ref<Bytes>(sketch_field);
      } else {
        readers_.back().time = time_ref(options_, schema);
      }
    }
    prepare_windows(task);
    kind_.bind(task);
    if (task.outputs[0] == nullptr) return {};
    window_ = task.outputs[0]->template ref<std::int64_t>("window");
    window_end_ = task.outputs[0]->template ref<std::int64_t>("window_end");
    targets_ = key_targets(*task.outputs[0], by);
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    const Reader& reader = readers_[in.input];
    if (merges_) return merge_parts(in, reader, out);
    if (sessions_) return add_to_sessions(in, reader, out);
    Rows rows = in.rows();
    auto add = [&](State& state, std::uint32_t first, std::uint32_t last) {
      state.index.each(rows, first, last, reader.by, [&](const RowView& row, std::uint32_t number) {
        if (number >= state.values.size()) [[unlikely]]
          state.values.push_back(kind_.make());
        kind_.add(state.values[number], row, in.input);
      });
    };
    windows_.take(in, reader.time, out, add, emit_to(out));
  }

  void watermark(TimeNs now, Emitter& out) override {
    if (merges_) return parts_.close(now, emit_to(out));
    if (!sessions_) return windows_.watermark(now, emit_to(out));
    sessions_->close(now, [&](std::string_view key, WindowBounds bounds, const Value& value) {
      if (out.wanted()) emit(key, bounds, value, out);
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
    auto save_state = [&](auto name, const State& state) {
      save_pane(name, state.index, grouping_, out,
                [&](StateWriter& section, std::uint32_t key) { state.values[key].save(section); });
    };
    if (sessions_)
      return sessions_->save_groups(grouping_, out,
                                    [](StateWriter& to, const Value& value) { value.save(to); });
    if (merges_) return parts_.each(save_state);
    windows_.each_pane(save_state);
  }
  // Parts of a key that stood in several tasks are merged.
  bool restore_group(std::uint32_t group, StateReader& in) override {
    auto read_session = [&](Value& value) { return value.restore(in); };
    if (sessions_)
      return sessions_->restore_group(group, grouping_, in, make_value(), read_session);
    auto read_key = [&](State& state, std::uint32_t key) {
      Value value = kind_.make();
      if (!value.restore(in)) return false;
      if (key < state.values.size())
        state.values[key].merge(value);
      else
        state.values.push_back(std::move(value));
      return true;
    };
    auto part = [this](WindowBounds bounds) { return parts_.at(bounds); };
    if (merges_) return restore_panes<WindowBounds>(in, group, grouping_, order_, part, read_key);
    auto pane = [this](TimeNs start) { return windows_.restore_pane(start); };
    return restore_panes(in, group, grouping_, order_, pane, read_key);
  }

 private:
  struct Reader {
    KeyReader by;
    FieldRef<std::int64_t> time;
    // Of parts.
    FieldRef<std::int64_t> window;
    FieldRef<std::int64_t> window_end;
    FieldRef<Bytes> sketch;
  };

  void prepare_windows(const TaskContext& task) {
    const auto& by = options_.list("by");
    const Schema& schema = *task.inputs[0].schema;
    order_ = KeyOrder(schema, by);
    grouping_ = KeyGrouping(task, by);
    late_ = late_rows(task);
    if (merges_) {
      damaged_parts_ = &task.counter("damaged_parts");
      parts_ = {options_.duration("lateness"),
                [empty = KeyIndex(schema, by, true)] { return std::make_unique<State>(empty); }};
      return;
    }
    WindowSpec spec = window_spec(options_);
    if (options_.given("session"))
      sessions_.emplace(KeyIndex(schema, by, true), order_, options_.duration("session"),
                        spec.lateness);
    windows_ = {spec, late_, task.clock, [empty = KeyIndex(schema, by, spec.shape.slides())] {
                  return std::make_unique<State>(empty);
                }};
  }

  void merge_parts(const InputBatch& in, const Reader& reader, Emitter& out) {
    Rows rows = in.rows();
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      State* state = parts_.at({rows[i].get(reader.window), rows[i].get(reader.window_end)});
      if (state == nullptr) {
        late_.add(rows, i, i + 1);
        continue;
      }
      auto bytes = rows[i].get(reader.sketch);
      StateReader sketch({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      Value part = kind_.make();
      if (!part.restore(sketch) || !sketch.at_end()) {
        damaged_parts_->add();
        continue;
      }
      state->index.each(rows, i, i + 1, reader.by, [&](const RowView&, std::uint32_t number) {
        if (number < state->values.size())
          state->values[number].merge(part);
        else
          state->values.push_back(std::move(part));
      });
    }
    late_.pass_on(in, out);
  }

  void add_to_sessions(const InputBatch& in, const Reader& reader, Emitter& out) {
    Rows rows = in.rows();
    sessions_->take(
        rows, reader.by, reader.time, make_value(),
        [&](Value& value, const RowView& row) { kind_.add(value, row, in.input); },
        [&](std::uint32_t place) { late_.add(rows, place, place + 1); });
    late_.pass_on(in, out);
  }

  void emit(std::string_view key, WindowBounds bounds, const Value& value, Emitter& out) const {
    kind_.emit(value, bounds, [&] {
      RowWriter row = out.row();
      row.set(window_, bounds.start);
      row.set(window_end_, bounds.end);
      readers_[0].by.restore(key, row, targets_);
      return row;
    });
  }

  Options options_;
  Kind kind_;
  bool merges_;
  std::vector<Reader> readers_;  // one an input
  KeyOrder order_;
  KeyGrouping grouping_;
  RowWindows<State> windows_;
  PartWindows<State> parts_;                      // instead of windows
  std::optional<KeyedSessions<Value>> sessions_;  // likewise
  LateRows late_;                                 // of both
  Counter* damaged_parts_ = nullptr;
  FieldRef<std::int64_t> window_;
  FieldRef<std::int64_t> window_end_;
  std::vector<std::uint32_t> targets_;
};

// A part as bytes: what restore() of its Value takes.
template <class Value>
void put_sketch(const Value& value, FieldRef<Bytes> field, RowWriter row) {
  if (!field.present()) return;
  StateWriter out;
  value.save(out);
  std::string bytes = out.take();
  row.set_bytes(field, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace dnstorm::operators
