#include "operators/dsc/dsc.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "engine/api/keyed_state.hpp"
#include "operators/checkpoint.hpp"
#include "operators/dsc/columns.hpp"
#include "operators/dsc/dsc_options.hpp"
#include "operators/dsc/response_times.hpp"
#include "operators/dsc/results.hpp"
#include "operators/windowing/row_windows.hpp"

namespace dnstorm::operators {

namespace {

// One input: where its fields lie, by its kind.
struct DscReader {
  DscReader(const Schema& schema, DscInput input_kind)
      : kind(input_kind),
        time(schema.ref<TimeNs>(input_kind == DscInput::cells ? "window" : "time")) {
    if (kind == DscInput::cells) cells = DscCellRefs(schema);
    if (kind == DscInput::packets || kind == DscInput::drops) {
      interface = schema.ref<Str>("interface");
      reason = schema.ref<Str>("reason");
      packets = schema.ref<std::uint64_t>("packets");
    }
  }
  DscInput kind;
  FieldRef<TimeNs> time;
  DscCellRefs cells;
  FieldRef<Str> interface, reason;
  FieldRef<std::uint64_t> packets;
  std::optional<DscColumns> columns;  // of messages and pairs
};

class DscBolt final : public Bolt, private KeyedState {
  auto emit_to(Emitter& out) {
    return [this, &out](const DscWindow& window, WindowBounds bounds) {
      emit(window, bounds, out);
      emitted_ = true;
    };
  }

 public:
  explicit DscBolt(const Options& options)
      : settings_(*DscSettings::of(options)),
        partial_(options.flag("partial")),
        server_(options.text("server")),
        node_(options.text("node")),
        interface_(options.text("interface")),
        options_(options) {}

  Result<void> prepare(const TaskContext& task) override {
    for (const Input& input : task.inputs)
      if (dsc_input_kind(*input.schema) == DscInput::pairs) settings_.pairs_given = true;
    messages_ = DscPlan(settings_, false);
    pairs_ = DscPlan(settings_, true);
    response_times_.emplace(settings_.buckets, settings_.open_queries, settings_.drop_oldest,
                            other_codes());
    DscKnowledge knowledge = DNSTORM_TRY(read_dsc_knowledge(options_, settings_));
    knowledge.response_times = &*response_times_;
    readers_.reserve(task.inputs.size());
    for (const Input& input : task.inputs) {
      DscReader& reader = readers_.emplace_back(*input.schema, dsc_input_kind(*input.schema));
      if (reader.kind == DscInput::messages || reader.kind == DscInput::pairs)
        reader.columns.emplace(*input.schema, settings_, plan(reader.kind), knowledge);
    }
    DurationNs interval = options_.duration("interval");
    shape_ = WindowShape(interval, interval);
    WindowSpec spec{WindowAxis::event_time, shape_, options_.duration("lateness")};
    windows_ = {spec, LateRows(task.counter("late_rows"), 0), task.clock,
                [this] { return std::make_unique<DscWindow>(settings_, messages_, pairs_); }};
    if (task.outputs[dsc_cells_stream]) cell_ = DscCellRefs(*task.outputs[dsc_cells_stream]);
    if (task.outputs[dsc_arrays_stream]) array_ = DscArrayRefs(*task.outputs[dsc_arrays_stream]);
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    DscReader& reader = readers_[in.input];
    Rows rows = in.rows();
    if (reader.columns && !rows.empty())
      newest_ = std::max(newest_, rows[rows.size() - 1].get(reader.time));
    auto add_run = [&](DscWindow& window, std::uint32_t first, std::uint32_t last) {
      see_times(window, rows, first, last, reader);
      if (reader.columns)
        count(window, rows, first, last, reader);
      else
        for (std::uint32_t i = first; i < last; ++i) add_row(window, rows[i], reader);
    };
    windows_.take(in, reader.time, out, add_run, emit_to(out));
  }

  void watermark(TimeNs now, Emitter& out) override {
    ended_ = now == time_max;
    // Queries that wait where the capture ends are none that timed out.
    count_timeouts(ended_ ? newest_ : now);
    windows_.watermark(now, emit_to(out));
  }

  std::vector<KeyedState*> keyed_state() override { return {this, &*response_times_}; }
  Result<void> save(StateWriter& out) override {
    windows_.save(out);
    // What is the task's own: parts have no response times.
    if (!partial_) out.put(watermark_);
    if (!partial_) out.put(newest_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    if (!windows_.restore(in)) return damaged_state();
    if (!partial_) watermark_ = in.get<TimeNs>();
    if (!partial_) newest_ = in.get<TimeNs>();
    return {};
  }

 private:
  const DscPlan& plan(DscInput kind) const { return kind == DscInput::pairs ? pairs_ : messages_; }

  // How many codes there are in the other dimension of response_time.
  std::uint32_t other_codes() const {
    std::size_t place = settings_.response_times();
    if (place == settings_.datasets.size()) return 0;
    const auto& [first, second] = settings_.datasets[place].dimensions;
    DscIndexer other = first.indexer == DscIndexer::response_time ? second.indexer : first.indexer;
    const auto& classes = dsc_indexer(other).classes;
    return classes.empty() ? 1U << 17 : static_cast<std::uint32_t>(classes.size());
  }

  // DSC's interval begins with its first packet and ends with its last where the capture does.
  void see_times(DscWindow& window, const Rows& rows, std::uint32_t first, std::uint32_t last,
                 const DscReader& reader) const {
    if (!settings_.exact || reader.kind == DscInput::cells) return;
    for (std::uint32_t i = first; i < last; ++i) window.see(rows[i].get(reader.time));
  }

  void count(DscWindow& window, const Rows& rows, std::uint32_t first, std::uint32_t last,
             DscReader& reader) {
    const DscPlan& used = plan(reader.kind);
    DscTables& tables = window.tables[reader.kind == DscInput::pairs ? 1 : 0];
    DscColumns& columns = *reader.columns;
    while (first < last) {
      std::uint32_t size = std::min(last - first, DscColumns::rows_max);
      columns.read(rows, first, size, tables);
      for (const DscPlan::Use& use : used.uses) {
        window.matrices[use.dataset].add(columns.selected(use.selection),
                                         columns.codes(use.slots[0]), columns.codes(use.slots[1]));
      }
      first += size;
    }
  }

  void count_timeouts(TimeNs now) {
    std::size_t dataset = settings_.response_times();
    if (dataset == settings_.datasets.size()) return;
    bool first = settings_.datasets[dataset].dimensions[0].indexer == DscIndexer::response_time;
    response_times_->expire(now, [&](TimeNs when, std::uint32_t other) {
      if (other == dsc_no_code) return;
      // One that is told late belongs to the interval at hand.
      TimeNs start = shape_.pane_of(std::max(when, watermark_)).start;
      if (DscWindow* window = windows_.restore_pane(start))
        window->matrices[dataset].add(first ? DscBuckets::timeouts : other,
                                      first ? other : DscBuckets::timeouts);
    });
    watermark_ = std::max(watermark_, now);
  }

  void add_row(DscWindow& window, const RowView& row, const DscReader& reader) const {
    DscCells& stats = window.cells.back();
    switch (reader.kind) {
      case DscInput::cells:
        if (auto dataset = dataset_of(row.get(reader.cells.dataset)))
          add_cell(window.cells[*dataset], row.get(reader.cells.key1), row.get(reader.cells.key2),
                   row.get(reader.cells.count));
        return;
      case DscInput::packets:
        return add_cell(stats, interface_, "pkts_captured", row.get(reader.packets));
      default:
        if (row.get(reader.reason) == "kernel")
          add_cell(stats, row.get(reader.interface), "kernel_dropped", row.get(reader.packets));
    }
  }
  std::optional<std::size_t> dataset_of(std::string_view name) const {
    for (std::size_t i = 0; i < settings_.datasets.size(); ++i)
      if (settings_.datasets[i].name == name) return i;
    if (name == dsc_pcap_stats) return settings_.datasets.size();
    return {};
  }

  // The first interval and the last of exact mode are as long as their packets.
  std::pair<TimeNs, TimeNs> bounds_in_file(const DscWindow& window, WindowBounds bounds) const {
    auto whole_second = [](TimeNs time) { return time - (time % ns_per_s + ns_per_s) % ns_per_s; };
    if (!settings_.exact || window.first_time > window.last_time) return {bounds.start, bounds.end};
    return {emitted_ ? bounds.start : whole_second(window.first_time),
            ended_ ? whole_second(window.last_time) : bounds.end};
  }

  void emit(const DscWindow& window, WindowBounds bounds, Emitter& out) const {
    if (partial_) return emit_parts(window, bounds, out);
    auto [start, stop] = bounds_in_file(window, bounds);
    for (std::size_t i = 0; i < settings_.datasets.size(); ++i)
      emit_rows(i, dsc_rows(window, i, settings_, messages_, pairs_), bounds, start, stop, out);
    if (!window.cells.back().empty())
      emit_rows(settings_.datasets.size(), packet_rows(window.cells.back()), bounds, start, stop,
                out);
  }

  static std::vector<DscRow> packet_rows(const DscCells& stats) {
    std::vector<DscRow> rows;
    for (const auto& [interface, counts] : stats) {
      DscRow& row = rows.emplace_back(DscRow{interface, {}});
      for (const char* name : {"pkts_captured", "kernel_dropped"})
        if (auto found = counts.find(name); found != counts.end())
          row.cells.emplace_back(name, found->second);
    }
    return rows;
  }

  void emit_rows(std::size_t dataset, const std::vector<DscRow>& rows, WindowBounds bounds,
                 TimeNs start, TimeNs stop, Emitter& out) const {
    bool stats = dataset == settings_.datasets.size();
    std::string_view name = stats ? dsc_pcap_stats : settings_.datasets[dataset].name;
    auto emit_array = [&](std::string_view key1, std::string_view key2, std::uint64_t count) {
      if (!out.wanted(dsc_arrays_stream)) return;
      RowWriter row = out.row(dsc_arrays_stream);
      row.set(array_.window, bounds.start);
      row.set(array_.window_end, bounds.end);
      row.set(array_.start, start);
      row.set(array_.stop, stop);
      row.set(array_.place, static_cast<std::uint32_t>(dataset));
      row.set_str(array_.dataset, name);
      row.set_str(array_.dimension1, stats ? "ifname" : dimension(dataset, 0));
      row.set_str(array_.dimension2, stats ? "pcap_stat" : dimension(dataset, 1));
      row.set_str(array_.key1, key1);
      row.set_str(array_.key2, key2);
      row.set(array_.count, count);
    };
    if (rows.empty()) emit_array("", "", 0);
    for (const DscRow& row : rows) {
      if (row.cells.empty()) emit_array(row.key, "", 0);
      for (const auto& [key, count] : row.cells) {
        emit_array(row.key, key, count);
        emit_cell(name, row.key, key, count, bounds, out);
      }
    }
  }
  std::string_view dimension(std::size_t dataset, std::size_t number) const {
    return settings_.datasets[dataset].dimensions[number].label;
  }

  void emit_parts(const DscWindow& window, WindowBounds bounds, Emitter& out) const {
    for (std::size_t i = 0; i <= settings_.datasets.size(); ++i) {
      std::string_view name = i < settings_.datasets.size()
                                  ? std::string_view(settings_.datasets[i].name)
                                  : dsc_pcap_stats;
      for (const DscRow& row : dsc_parts(window, i, settings_, messages_, pairs_))
        for (const auto& [key, count] : row.cells)
          emit_cell(name, row.key, key, count, bounds, out);
    }
  }

  void emit_cell(std::string_view dataset, std::string_view key1, std::string_view key2,
                 std::uint64_t count, WindowBounds bounds, Emitter& out) const {
    if (!out.wanted(dsc_cells_stream)) return;
    RowWriter row = out.row(dsc_cells_stream);
    row.set(cell_.window, bounds.start);
    row.set(cell_.window_end, bounds.end);
    row.set_str(cell_.dataset, dataset);
    row.set_str(cell_.server, server_);
    row.set_str(cell_.node, node_);
    row.set_str(cell_.key1, key1);
    row.set_str(cell_.key2, key2);
    row.set(cell_.count, count);
  }

  // A section has, for each interval that has something in the group, its start and bounds, the
  // source ports in order (of exact mode, which has one task) and the cells.
  void save_groups(GroupSections& out) const override {
    windows_.each_pane([&](TimeNs start, const DscWindow& window) {
      std::vector<std::vector<SavedCell>> by_group(key_groups);
      std::vector<std::vector<DscRow>> parts;
      for (std::size_t i = 0; i <= settings_.datasets.size(); ++i)
        parts.push_back(dsc_parts(window, i, settings_, messages_, pairs_));
      for (std::uint32_t i = 0; i < parts.size(); ++i)
        for (const DscRow& row : parts[i])
          for (const auto& [key, count] : row.cells)
            by_group[key_group(hash_bytes(key))].push_back({i, row.key, key, count});
      for (std::uint32_t group = 0; group < key_groups; ++group)
        if (group == 0 || !by_group[group].empty())
          save_group(start, window, by_group[group], group == 0, out.of(group));
    });
  }
  struct SavedCell {
    std::uint32_t dataset;
    std::string_view key1, key2;
    std::uint64_t count;
  };
  void save_group(TimeNs start, const DscWindow& window, const std::vector<SavedCell>& cells,
                  bool with_ports, StateWriter& section) const {
    section.put(start);
    section.put(window.first_time);
    section.put(window.last_time);
    section.put(emitted_);
    const auto& ports = window.tables[0].ports;
    section.put(std::uint64_t{with_ports ? ports.size() : 0});
    if (with_ports)
      for (std::uint16_t port : ports) section.put(port);
    section.put(std::uint64_t{cells.size()});
    for (const SavedCell& cell : cells) {
      section.put(cell.dataset);
      section.put_bytes(cell.key1);
      section.put_bytes(cell.key2);
      section.put(cell.count);
    }
  }
  bool restore_group(std::uint32_t, StateReader& in) override {
    while (!in.at_end()) {
      DscWindow* window = windows_.restore_pane(in.get<TimeNs>());
      auto first_time = in.get<TimeNs>();
      auto last_time = in.get<TimeNs>();
      emitted_ = in.get<bool>() || emitted_;
      if (!in.ok() || window == nullptr) return false;
      window->first_time = std::min(window->first_time, first_time);
      window->last_time = std::max(window->last_time, last_time);
      for (std::uint64_t left = in.get_count(sizeof(std::uint16_t)); left != 0; --left)
        window->tables[0].place_of_port(in.get<std::uint16_t>());
      for (std::uint64_t left = in.get_count(sizeof(std::uint64_t)); left != 0; --left) {
        auto dataset = in.get<std::uint32_t>();
        std::string_view key1 = in.get_bytes();
        std::string_view key2 = in.get_bytes();
        auto count = in.get<std::uint64_t>();
        if (!in.ok() || dataset > settings_.datasets.size()) return false;
        add_cell(window->cells[dataset], key1, key2, count);
      }
    }
    return in.ok();
  }

  DscSettings settings_;
  DscPlan messages_, pairs_;
  bool partial_;
  std::string server_, node_, interface_;
  Options options_;
  std::vector<DscReader> readers_;  // one an input
  std::optional<DscResponseTimes> response_times_;
  WindowShape shape_;
  RowWindows<DscWindow> windows_;
  TimeNs watermark_ = time_min;
  TimeNs newest_ = time_min;  // the last message
  DscCellRefs cell_;
  DscArrayRefs array_;
  bool emitted_ = false;  // an interval has been handed out
  bool ended_ = false;
};

}  // namespace

OperatorDef dsc_operator() {
  OperatorDef def;
  def.name = "dsc";
  def.summary = "Counts messages in the datasets of DSC (DNS-OARC's statistics collector).";
  def.options = dsc_option_specs();
  def.constructor = {"datasets"};
  def.example =
      "- id: datasets\n"
      "  className: dsc\n"
      "  properties:\n"
      "    datasets: [default, response_time, \"aa dns All:null Qtype:qtype replies-only\"]\n"
      "    local_address: [192.0.2.53, \"2001:db8::53\"]\n";
  def.declare = declare_dsc;
  def.make_bolt = [](const Options& options) { return std::make_unique<DscBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
