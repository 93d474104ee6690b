// The bolt around a detector: tumbling windows of event time, the keys that are worth a value, what
// is remembered of them, alarms with hysteresis, samples, checkpoints. A Kind says when.
//
//   class Kind {
//    public:
//     static constexpr DetectorInfo info{name, key_kind, advice};  // or of each Kind
//     using Key = FieldsKey;              // or NetworkKey
//     struct Value {                      // what is known of the rows of a key in a window
//       void clear();
//       void save(StateWriter&) const;  bool restore(StateReader&);  // into a new one
//     };
//     using Memory = Baseline;            // of a key from window to window: save and restore, too
//     struct Reader { explicit Reader(const Schema&); };   // or Reader(const Key&, const Schema&)
//     explicit Kind(const Options&);
//     Key key() const;
//     Value make() const;
//     // Nearly all rows end here: some nanoseconds.
//     bool wanted(const Reader&, const RowView&) const;
//     // Or: for how many rows the row counts; 0: it is not wanted.
//     std::uint32_t rows(const Reader&, const RowView&) const;
//     // From the row on with which a key has `admit` wanted rows in the window.
//     void add(Value&, const Reader&, const RowView&) const;
//     // At the end of the window, for each key that was admitted. Learns, too.
//     std::optional<Finding> judge(const Value&, Memory&, const JudgedWindow&) const;
//     // If it has to fail, or has state of its own beside that of keys, by key group:
//     Result<void> prepare(const TaskContext&);
//     void reached(TimeNs now);            // event time, before windows are judged
//     void prefetch(const Reader&, const RowView&) const;   // what wanted() will look at
//     void prefetch_value(const Value&, const Reader&, const RowView&) const;   // and add()
//     bool idle(std::uint32_t group) const;   // nothing to save
//     void save_group(std::uint32_t group, StateWriter&) const;
//     bool restore_group(std::uint32_t group, StateReader&);
//     // Optional: the memory is new, that of the key with this text, in this window.
//     void begin(Memory&, const std::string& key, const JudgedWindow&) const;
//     // Optional: a key that is remembered had less than `admit` rows in a window, perhaps none.
//     std::optional<Finding> judge_absent(Memory&, const JudgedWindow&) const;
//   };
//   def.make_bolt = [](const Options& o) { return std::make_unique<WindowDetector<Kind>>(o); };
//
// Options are those of detector_options(); the declaration that of declare_detector() and
// declare_key(). Events depend on the rows of a key group alone: they are the same for any number
// of tasks. Used by one task; not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/keyed_state.hpp"
#include "engine/base/prefetch.hpp"
#include "operators/checkpoint.hpp"
#include "operators/detect/allow_list.hpp"
#include "operators/detect/baseline.hpp"
#include "operators/detect/detect_key.hpp"
#include "operators/detect/detect_pane.hpp"
#include "operators/detect/detect_row_reader.hpp"
#include "operators/detect/detector.hpp"
#include "operators/detect/key_memory.hpp"
#include "operators/windowing/windows.hpp"

namespace dnstorm::operators {

// The window that a key is judged in.
struct JudgedWindow {
  WindowBounds bounds;
  std::uint64_t rows = 0;  // of the key, wanted ones; too high by less than `admit`, never too low
  std::uint64_t missed = 0;  // windows since the last one it was judged in, this one not counted
  bool first = false;        // never judged before: its memory is new
  DurationNs age = 0;  // of the run at the begin of the window: who has just begun knows little
  std::uint32_t group = 0;  // that the key belongs to; of a window in which the key has rows
  double seconds() const { return static_cast<double>(bounds.end - bounds.start) / ns_per_s; }
};

// The Memory of a Kind that needs none.
struct NoMemory {
  void save(StateWriter&) const {}
  bool restore(StateReader&) { return true; }
};

template <class Kind>
class WindowDetector final : public Bolt, private KeyedState {
  using Value = typename Kind::Value;
  using Key = typename Kind::Key;
  using Pane = DetectPane<Value>;
  using Slot = typename Pane::Slot;
  using Memories = KeyMemory<typename Kind::Memory>;
  using Entry = typename Memories::Entry;

 public:
  explicit WindowDetector(const Options& options)
      : kind_(options),
        key_(kind_.key()),
        width_(options.duration("window")),
        admit_(static_cast<std::uint32_t>(options.integer("admit"))),
        share_(static_cast<std::uint32_t>((options.integer("keys_max") + key_groups - 1) /
                                          key_groups)),
        settings_(alarm_settings(options)),
        allowed_(AllowList::parse(options.list("allow")).value()),
        memories_(share_) {}

  Result<void> prepare(const TaskContext& task) override {
    if constexpr (requires { kind_.prepare(task); }) DNSTORM_CHECK(kind_.prepare(task));
    for (const Input& input : task.inputs) readers_.emplace_back(key_, *input.schema);
    key_.bind(*task.inputs[0].schema);
    windows_ = {WindowShape(width_, width_), 0,
                [share = share_] { return std::make_unique<Pane>(share); }};
    late_ = &task.counter("late_rows");
    refused_ = &task.counter("keys_refused");
    if (task.outputs[0] != nullptr) writer_ = EventWriter(*task.outputs[0]);
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override {
    const RowReader& reader = readers_[in.input];
    Rows rows = in.rows();
    auto use = [&](Pane& pane, std::uint32_t first, std::uint32_t last) {
      take(pane, reader, rows, first, last);
    };
    auto late = [&](std::uint32_t first, std::uint32_t last) { late_->add(last - first); };
    // In runs so short that their rows are still in the nearest cache when they are looked at.
    windows_.each_run(rows, reader.time, use, late, run_rows);
  }

  void watermark(TimeNs now, Emitter& out) override {
    if constexpr (requires { kind_.reached(now); }) kind_.reached(now);
    if (begin_ == time_max && now != time_min) begin_ = now;
    windows_.close(now, [&](const Pane& pane, WindowBounds bounds) {
      look_for_absent(bounds.start);
      end_alarms(bounds.start);
      pane.each([&](const Slot& slot) { judge(pane, slot, bounds); });
      memories_.settle();
    });
    // The end of the input is nobody's absence.
    if (now != time_max) look_for_absent(window_of(now, width_).start);
    end_alarms(now == time_max ? time_max : window_of(now, width_).start);
    write_events(out);
  }

  std::vector<KeyedState*> keyed_state() override { return {this}; }
  Result<void> save(StateWriter& out) override {
    windows_.save(out);
    out.put(begin_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    windows_.restore(in);
    begin_ = in.get<TimeNs>();
    if (!in.ok()) return damaged_state();
    return {};
  }
  void save_groups(GroupSections& out) const override {
    for (std::uint32_t group = 0; group < key_groups; ++group) {
      // A task that has nothing of a group must not save it: its owner does.
      std::uint64_t panes = 0;
      windows_.each_pane([&](TimeNs, const Pane& pane) { panes += pane.idle(group) ? 0U : 1U; });
      if (panes == 0 && memories_.idle(group) && kind_idle(group)) continue;
      StateWriter& section = out.of(group);
      if constexpr (kind_has_state) kind_.save_group(group, section);
      memories_.save_group(group, section);
      section.put(panes);
      windows_.each_pane([&](TimeNs start, const Pane& pane) {
        if (pane.idle(group)) return;
        section.put(start);
        pane.save_group(group, section);
      });
    }
  }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    next_end_ = absent_until_ = time_min;
    if (!memories_.idle(group) || !kind_idle(group)) return false;
    if constexpr (kind_has_state)
      if (!kind_.restore_group(group, in)) return false;
    if (!memories_.restore_group(group, in)) return false;
    for (std::uint64_t left = in.get_count(sizeof(TimeNs)); left != 0; --left) {
      auto start = in.get<TimeNs>();
      Pane* pane = in.ok() ? windows_.restore_pane(start) : nullptr;
      if (pane == nullptr || !pane->restore_group(group, in, [this] { return kind_.make(); }))
        return false;
    }
    return in.ok() && in.at_end();
  }

 private:
  static constexpr bool kind_has_state = requires(Kind kind) { kind.idle(0U); };
  bool kind_idle(std::uint32_t group) const {
    if constexpr (kind_has_state) return kind_.idle(group);
    return true;
  }

  static constexpr std::uint32_t run_rows = 64;
  using RowReader = DetectRowReader<Key, Kind>;
  struct Candidate {
    std::uint64_t hash;
    const std::byte* row;
    std::uint32_t rows;   // that it counts for
    std::uint32_t known;  // rows of the key up to it, if it needs more than one
    std::uint32_t slot;   // the number of the one it most likely has; 0: none
  };
  using Candidates = std::array<Candidate, run_rows>;

  std::uint32_t rows_of(const RowReader& reader, const RowView& row) {
    if constexpr (requires { kind_.rows(reader.kind, row); })
      return kind_.rows(reader.kind, row);
    else
      return kind_.wanted(reader.kind, row) ? 1 : 0;
  }

  // Of at most run_rows rows, step by step, so that what they need is fetched while others are
  // looked at.
  void take(Pane& pane, const RowReader& reader, const Rows& rows, std::uint32_t first,
            std::uint32_t last) {
    Candidates candidates;
    std::size_t count = choose(pane, reader, rows, first, last, candidates);
    if (admit_ > 1) count = admit(pane, candidates, count);
    const std::byte* arena = rows.batch().arena();
    if (!pane.small()) fetch_ahead(pane, reader, arena, candidates, count);
    for (std::size_t i = 0; i < count; ++i) add(pane, reader, arena, candidates[i]);
  }
  // The rows that are wanted.
  std::size_t choose(const Pane& pane, const RowReader& reader, const Rows& rows,
                     std::uint32_t first, std::uint32_t last, Candidates& chosen) {
    const RowWalk walk(rows);
    if constexpr (requires { kind_.prefetch(reader.kind, rows[first]); })
      for (std::uint32_t i = first; i < last; ++i) kind_.prefetch(reader.kind, walk[i]);
    std::size_t count = 0;
    for (std::uint32_t i = first; i < last; ++i) {
      RowView row = walk[i];
      std::uint32_t counts = rows_of(reader, row);
      if (counts == 0) continue;
      std::uint64_t hash = reader.key.hash(row);
      if (admit_ > 1) pane.admission().prefetch(hash);
      chosen[count++] = {hash, row.data(), counts, counts, 0};
    }
    return count;
  }
  // Those of them whose keys have enough rows come first, in the order they had.
  std::size_t admit(Pane& pane, Candidates& candidates, std::size_t count) const {
    std::size_t admitted = 0;
    for (std::size_t i = 0; i < count; ++i) {
      Candidate& one = candidates[i];
      one.known = pane.admission().add(one.hash, one.rows);
      if (one.known >= admit_) candidates[admitted++] = one;
    }
    return admitted;
  }
  void fetch_ahead(const Pane& pane, const RowReader& reader, const std::byte* arena,
                   Candidates& candidates, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) pane.prefetch(candidates[i].hash);
    for (std::size_t i = 0; i < count; ++i)
      candidates[i].slot = pane.prefetch_slot(candidates[i].hash);
    for (std::size_t i = 0; i < count; ++i)
      if (candidates[i].slot != 0)
        prefetch_inside(pane.slot(candidates[i].slot), reader, {candidates[i].row, arena});
  }
  // What the slot refers to.
  void prefetch_inside(const Slot& slot, const RowReader& reader, const RowView& row) const {
    if (const char* key = slot.key.elsewhere_or_null()) prefetch_line(key);
    if constexpr (requires { kind_.prefetch_value(slot.value, reader.kind, row); })
      kind_.prefetch_value(slot.value, reader.kind, row);
  }

  void add(Pane& pane, const RowReader& reader, const std::byte* arena, const Candidate& wanted) {
    const RowView row(wanted.row, arena);
    Slot* slot = pane.find(wanted.hash, wanted.slot,
                           [&](std::string_view key) { return reader.key.equals(row, key); });
    if (slot == nullptr) {
      slot = pane.add(wanted.hash, [this] { return kind_.make(); });
      if (slot == nullptr) return refused_->add();
      key_bytes_.clear();
      reader.key.append(row, key_bytes_);
      slot->key.assign(key_bytes_);
      slot->rows = std::min(wanted.known - std::min(wanted.known, wanted.rows), admit_ - 1);
    }
    slot->rows += wanted.rows;
    if (row.get(reader.time) <= slot->samples_until)
      pane.sample(*slot, [&](Sample& one) { reader.read(row, one); });
    kind_.add(slot->value, reader.kind, row);
  }

  void judge(const Pane& pane, const Slot& slot, WindowBounds bounds) {
    const std::string_view key = slot.key.text();
    auto* entry = memories_.at(key_group(slot.hash), key);
    if (entry == nullptr) return refused_->add();
    JudgedWindow window = judged(bounds, slot.rows, entry->seen);
    window.group = key_group(slot.hash);
    if constexpr (requires { kind_.begin(entry->memory, std::string(), window); })
      if (window.first) kind_.begin(entry->memory, key_.text(key), window);
    entry->seen = bounds.end;
    std::optional<Finding> finding = kind_.judge(slot.value, entry->memory, window);
    if (!finding) return;
    if (!entry->alarm.raised() || finding->score >= entry->alarm.worst().score)
      entry->samples = samples_json(pane.samples(slot).data(), slot.sampled);
    raise(key, *entry, *finding, bounds);
  }

  JudgedWindow judged(WindowBounds bounds, std::uint64_t rows, TimeNs seen) const {
    JudgedWindow window{bounds, rows, 0, seen == time_min, time_from_to(begin_, bounds.start)};
    if (!window.first)
      window.missed = static_cast<std::uint64_t>(time_from_to(seen, bounds.start) / width_);
    return window;
  }

  void raise(std::string_view key, Entry& entry, const Finding& finding, WindowBounds bounds) {
    std::string text = key_.text(key);
    if (allowed_.contains(text)) return;
    auto told = entry.alarm.take(finding, bounds, settings_);
    next_end_ = std::min(next_end_, entry.alarm.ends_at(settings_));
    if (told) tell(*told, bounds.end, std::move(text), entry, finding);
  }

  // Keys without a value in windows that end by `now`. Each is looked at by itself, from where it
  // was seen last, so that it does not matter which other keys the task has.
  void look_for_absent(TimeNs now) {
    if constexpr (requires { &Kind::judge_absent; }) {
      // Whoever is judged in between has been seen until then.
      if (now == absent_until_) return;
      absent_until_ = now;
      memories_.each([&](std::string_view key, Entry& entry) {
        for (; add_time(entry.seen, width_) <= now; entry.seen = add_time(entry.seen, width_)) {
          WindowBounds bounds{entry.seen, entry.seen + width_};
          if (time_from_to(bounds.end, now) / width_ > absences_max) {
            // A hole in the input that nobody can tell from silence of all.
            entry.seen = window_of(now, width_).start;
            return;
          }
          auto finding = kind_.judge_absent(entry.memory, judged(bounds, 0, entry.seen));
          if (finding) raise(key, entry, *finding, bounds);
        }
      });
    }
  }

  // Those whose time to end has come by `now`, which is the begin of a window: what comes later
  // opens another event. The row has the time at which they ended, not that at which it is seen.
  void end_alarms(TimeNs now) {
    if (now < next_end_) return;
    next_end_ = time_max;
    memories_.each([&](std::string_view key, auto& entry) {
      if (!entry.alarm.raised()) return;
      TimeNs end = entry.alarm.ends_at(settings_);
      if (end > now) {
        next_end_ = std::min(next_end_, end);
        return;
      }
      tell(EventState::closed, end, key_.text(key), entry, entry.alarm.worst());
      entry.alarm.end();
      entry.samples.clear();
    });
  }

  void tell(EventState state, TimeNs time, std::string key, const Entry& entry,
            const Finding& finding) {
    Event& event = events_.emplace_back();
    event.time = time;
    event.detector = kind_.info.name;
    event.state = state;
    event.key_kind = kind_.info.key_kind;
    event.key = std::move(key);
    event.start = entry.alarm.start();
    event.end = entry.alarm.last();
    event.finding = finding;
    event.samples = entry.samples;
    event.advice = kind_.info.advice;
  }

  void write_events(Emitter& out) {
    std::sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) {
      return std::tie(a.time, a.key, a.state) < std::tie(b.time, b.key, b.state);
    });
    if (out.wanted())
      for (const Event& event : events_) writer_.write(event, out);
    events_.clear();
  }

  Kind kind_;
  Key key_;
  DurationNs width_;
  std::uint32_t admit_;
  std::uint32_t share_;
  AlarmSettings settings_;
  AllowList allowed_;
  std::vector<RowReader> readers_;  // one an input
  Windows<Pane> windows_;
  std::string key_bytes_;  // scratch
  Memories memories_;
  static constexpr DurationNs absences_max = 360;
  TimeNs begin_ = time_max;     // where event time stood when it was first told
  TimeNs next_end_ = time_max;  // no alarm ends before
  TimeNs absent_until_ = time_min;  // who is absent in windows up to there has been found
  std::vector<Event> events_;   // of this watermark
  EventWriter writer_;
  Counter* late_ = nullptr;
  Counter* refused_ = nullptr;
};

}  // namespace dnstorm::operators
