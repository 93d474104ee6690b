// Operators for tests of the runtime: sources of numbered rows, bolts that pass rows on, window
// bolts, sinks that remember.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/api/bolt.hpp"
#include "engine/api/key.hpp"
#include "engine/api/keyed_state.hpp"
#include "engine/api/spout.hpp"
#include "engine/base/assert.hpp"
#include "tests/unit/engine/runtime/plan_builder.hpp"

namespace dnstorm::runtime::testing {

struct TestRow {
  TimeNs time = 0;
  std::uint64_t seq = 0;
  std::uint64_t key = 0;
  auto operator<=>(const TestRow&) const = default;
};

struct RowFields {
  FieldRef<std::int64_t> time = row_schema()->ref<std::int64_t>("time");
  FieldRef<std::uint64_t> seq = row_schema()->ref<std::uint64_t>("seq");
  FieldRef<std::uint64_t> key = row_schema()->ref<std::uint64_t>("key");
  FieldRef<Str> name = row_schema()->ref<Str>("name");

  TestRow read(const RowView& row) const { return {row.get(time), row.get(seq), row.get(key)}; }
  void write(RowWriter row, const TestRow& value) const {
    row.set(time, value.time);
    row.set(seq, value.seq);
    row.set(key, value.key);
    row.set_str(name, fmt::format("n{}", value.key));
  }
};

inline BatchPtr make_batch(const std::vector<TestRow>& rows) {
  BatchBuilder builder(row_schema());
  for (const TestRow& row : rows) RowFields().write(builder.add_row(), row);
  return builder.seal();
}

inline std::vector<TestRow> read_rows(const BatchPtr& batch, const SelectionPtr& selection) {
  std::vector<TestRow> rows;
  if (!batch) return rows;
  for (RowView row : Rows(*batch, selection.get())) rows.push_back(RowFields().read(row));
  return rows;
}

struct NumberSettings {
  std::uint64_t rounds = 10;
  std::uint64_t rows_per_batch = 4;
  std::uint64_t batches_per_round = 1;  // each an event of its own
  std::uint64_t keys = 16;
  std::uint64_t first_seq = 0;
  DurationNs step = 1;           // event time from row to row
  std::uint64_t disorder = 0;    // rows are up to so many steps late, the watermark allows for it
  std::uint64_t idle_every = 0;  // every so many calls there is nothing
  std::uint64_t error_after = ~std::uint64_t{0};  // rounds; then next() fails
  bool endless = false;
  bool blocking = false;
};

// Rows with running numbers; time grows with the number.
class NumberSpout final : public Spout {
 public:
  explicit NumberSpout(NumberSettings settings) : set_(settings) {}
  Result<void> open(const TaskContext& task) override {
    // Tasks of one component read different things.
    seq_ = set_.first_seq + task.task_index * 1'000'000;
    produced_ = &task.counter("produced");
    return {};
  }
  Result<Next> next(Emitter& out) override {
    ++calls_;
    if (set_.idle_every != 0 && calls_ % set_.idle_every == 0) return Next::idle;
    if (round_ == set_.error_after) return Error{ErrorKind::io, "the disk is on fire", {}};
    if (round_ == set_.rounds && !set_.endless) return Next::end;
    for (std::uint64_t b = 0; b < set_.batches_per_round; ++b) {
      std::vector<TestRow> rows;
      for (std::uint64_t i = 0; i < set_.rows_per_batch; ++i) rows.push_back(next_row());
      if (!out.wanted()) continue;
      if (set_.batches_per_round == 1) {
        for (const TestRow& row : rows) fields_.write(out.row(), row);
      } else {
        out.forward(0, make_batch(rows), nullptr);
      }
    }
    ++round_;
    return Next::more;
  }
  TimeNs watermark() const override {
    return static_cast<TimeNs>(rows_) * set_.step - static_cast<TimeNs>(set_.disorder) * set_.step;
  }
  bool blocking() const override { return set_.blocking; }
  Result<void> save(StateWriter& out) override {
    for (std::uint64_t value : {seq_, rows_, round_, calls_}) out.put(value);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    for (std::uint64_t* value : {&seq_, &rows_, &round_, &calls_}) *value = in.get<std::uint64_t>();
    return {};
  }

 private:
  TestRow next_row() {
    std::uint64_t mixed = hash_number(seq_ + 1);
    auto at = static_cast<TimeNs>(rows_) * set_.step;
    if (set_.disorder != 0) at -= static_cast<TimeNs>(mixed % (set_.disorder + 1)) * set_.step;
    TestRow row{at, seq_, mixed % set_.keys};
    ++seq_;
    ++rows_;
    produced_->add();
    return row;
  }
  NumberSettings set_;
  RowFields fields_;
  Counter* produced_ = nullptr;
  std::uint64_t seq_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t round_ = 0;
  std::uint64_t calls_ = 0;
};

// Passes every row on `copies` times, on every stream that is read: by row, or as the batch it is.
class PassBolt final : public Bolt {
 public:
  struct Settings {
    std::uint64_t copies = 1;
    bool forward = false;
    bool own_share = false;  // only rows whose number falls to this task (behind an `all` grouping)
    bool blocking = false;
  };
  explicit PassBolt(Settings settings) : set_(settings) {}
  PassBolt() = default;
  Result<void> prepare(const TaskContext& task) override {
    task_ = &task;
    return {};
  }
  void execute(const InputBatch& in, Emitter& out) override {
    for (std::size_t s = 0; s < task_->outputs.size(); ++s) {
      if (!out.wanted(s)) continue;
      for (std::uint64_t c = 0; c < set_.copies; ++c) pass(in, s, out);
    }
  }
  bool blocking() const override { return set_.blocking; }

 private:
  void pass(const InputBatch& in, std::size_t stream, Emitter& out) {
    if (set_.forward) return out.forward(stream, in.batch, in.selection);
    for (RowView row : in.rows()) {
      TestRow value = fields_.read(row);
      if (set_.own_share && value.seq % task_->task_count != task_->task_index) continue;
      fields_.write(out.row(stream), value);
    }
  }
  Settings set_;
  RowFields fields_;
  const TaskContext* task_ = nullptr;
};

// What can go wrong with a bolt that acks itself: by a seeded die, it acks now, or later, or fails
// the row, or forgets it (and the time-out must find that out). Passes on what it acks.
class FlakyBolt final : public Bolt {
 public:
  explicit FlakyBolt(std::uint64_t seed, std::uint64_t trouble_percent)
      : random_(seed), trouble_percent_(trouble_percent) {}
  Result<void> prepare(const TaskContext&) override { return {}; }
  bool acks_itself() const override { return true; }
  void execute(const InputBatch& in, Emitter& out) override {
    bool trouble = random_() % 100 < trouble_percent_;
    std::uint64_t kind = trouble ? random_() % 3 : 3;
    if (kind == 0) return out.fail(in.anchor);
    if (kind == 1) return;  // forgotten
    held_.push_back(in);
    if (kind == 2) return;  // later
    for (const InputBatch& held : std::exchange(held_, {})) {
      out.anchor_to(held.anchor);
      for (RowView row : held.rows()) fields_.write(out.row(), fields_.read(row));
      out.ack(held.anchor);
    }
  }
  void tick(Emitter& out) override {
    for (const InputBatch& held : std::exchange(held_, {})) {
      out.anchor_to(held.anchor);
      for (RowView row : held.rows()) fields_.write(out.row(), fields_.read(row));
      out.ack(held.anchor);
    }
  }

 private:
  std::minstd_rand random_;
  std::uint64_t trouble_percent_;
  RowFields fields_;
  std::vector<InputBatch> held_;
};

// Counts rows per key and window; a window's counts (seq = count) leave once the watermark has
// passed its end, ordered by window, key group and key.
class WindowBolt final : public Bolt, private KeyedState {
 public:
  explicit WindowBolt(DurationNs window) : window_(window) {}
  Result<void> prepare(const TaskContext& task) override {
    late_ = &task.counter("late");
    return {};
  }
  void execute(const InputBatch& in, Emitter&) override {
    for (RowView row : in.rows()) {
      TestRow value = fields_.read(row);
      if (value.time < watermark_) late_->add();
      TimeNs start = value.time - (value.time % window_ + window_) % window_;
      std::uint64_t hash = row.hash(fields_.name);
      ++counts_[{start, key_group(hash), value.key}];
    }
  }
  void watermark(TimeNs now, Emitter& out) override {
    DNSTORM_ASSERT(now > watermark_, "the watermark does not grow", now, watermark_);
    watermark_ = now;
    while (!counts_.empty()) {
      auto [start, group, key] = counts_.begin()->first;
      if (now != time_max && start + window_ > now) return;
      fields_.write(out.row(), {start + window_ - 1, counts_.begin()->second, key});
      counts_.erase(counts_.begin());
    }
  }
  std::vector<KeyedState*> keyed_state() override { return {this}; }
  Result<void> save(StateWriter& out) override {
    out.put(watermark_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    watermark_ = in.get<TimeNs>();
    return {};
  }
  void save_groups(GroupSections& out) const override {
    for (const auto& [key, count] : counts_) {
      StateWriter& section = out.of(std::get<1>(key));
      section.put(std::get<0>(key));
      section.put(std::get<2>(key));
      section.put(count);
    }
  }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    while (!in.at_end()) {
      auto start = in.get<TimeNs>();
      auto key = in.get<std::uint64_t>();
      counts_[{start, group, key}] = in.get<std::uint64_t>();
    }
    return in.ok();
  }

 private:
  DurationNs window_;
  RowFields fields_;
  TimeNs watermark_ = time_min;
  Counter* late_ = nullptr;
  std::map<std::tuple<TimeNs, std::uint32_t, std::uint64_t>, std::uint64_t> counts_;
};

// What sinks have seen, of all their tasks.
class Collected {
 public:
  struct Entry {
    std::uint32_t task = 0;
    std::size_t input = 0;
    TestRow row;
    auto operator<=>(const Entry&) const = default;
  };
  void add(std::vector<Entry> entries) {
    std::lock_guard lock(mutex_);
    entries_.insert(entries_.end(), entries.begin(), entries.end());
  }
  void finished() {
    std::lock_guard lock(mutex_);
    ++finished_;
  }
  // As a sink does that goes on from a checkpoint: what was written after it is taken back.
  void truncate(std::size_t size) {
    std::lock_guard lock(mutex_);
    DNSTORM_ASSERT(size <= entries_.size(), "a sink has lost what it had", size, entries_.size());
    entries_.resize(size);
  }
  std::size_t size() const {
    std::lock_guard lock(mutex_);
    return entries_.size();
  }
  std::vector<Entry> entries() const {
    std::lock_guard lock(mutex_);
    return entries_;
  }
  std::vector<TestRow> rows() const {
    std::vector<TestRow> rows;
    for (const Entry& entry : entries()) rows.push_back(entry.row);
    return rows;
  }
  std::uint32_t finishes() const {
    std::lock_guard lock(mutex_);
    return finished_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::uint32_t finished_ = 0;
};

class CollectSink final : public Bolt {
 public:
  struct Settings {
    bool sort_between_watermarks = false;
    bool blocking = false;
    std::string prepare_error = {};
    std::string finish_error = {};
    std::string exception = {};  // thrown by execute
    std::function<void()> on_execute = {};
  };
  CollectSink(Collected& collected, Settings settings)
      : collected_(collected), set_(std::move(settings)) {}
  explicit CollectSink(Collected& collected) : collected_(collected) {}

  Result<void> prepare(const TaskContext& task) override {
    task_ = task.task_index;
    if (!set_.prepare_error.empty()) return Error{ErrorKind::config, set_.prepare_error, {}};
    return {};
  }
  void execute(const InputBatch& in, Emitter&) override {
    if (!set_.exception.empty()) throw std::runtime_error(set_.exception);
    if (set_.on_execute) set_.on_execute();
    for (RowView row : in.rows()) pending_.push_back({task_, in.input, fields_.read(row)});
    if (!set_.sort_between_watermarks) hand_over();
  }
  void watermark(TimeNs, Emitter&) override {
    std::sort(pending_.begin(), pending_.end());
    hand_over();
  }
  Result<void> finish(Emitter&) override {
    hand_over();
    collected_.finished();
    if (!set_.finish_error.empty()) return Error{ErrorKind::io, set_.finish_error, {}};
    return {};
  }
  bool blocking() const override { return set_.blocking; }
  // For a sink of one task: it alone writes to `collected`.
  Result<void> save(StateWriter& out) override {
    out.put(std::uint64_t{collected_.size()});
    out.put(std::uint64_t{pending_.size()});
    for (const Collected::Entry& entry : pending_) out.put_bytes(bytes_of(entry));
    return {};
  }
  Result<void> restore(StateReader& in) override {
    collected_.truncate(in.get<std::uint64_t>());
    for (std::uint64_t left = in.get_count(); left != 0; --left) {
      std::string_view bytes = in.get_bytes();
      Collected::Entry& entry = pending_.emplace_back();
      if (bytes.size() == sizeof entry) std::memcpy(&entry, bytes.data(), sizeof entry);
    }
    return {};
  }

 private:
  static std::string_view bytes_of(const Collected::Entry& entry) {
    return {reinterpret_cast<const char*>(&entry), sizeof entry};
  }
  void hand_over() { collected_.add(std::exchange(pending_, {})); }
  Collected& collected_;
  Settings set_;
  RowFields fields_;
  std::uint32_t task_ = 0;
  std::vector<Collected::Entry> pending_;
};

}  // namespace dnstorm::runtime::testing
