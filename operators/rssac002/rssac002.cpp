#include "operators/rssac002/rssac002.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "engine/api/keyed_state.hpp"
#include "operators/checkpoint.hpp"
#include "operators/rssac002/day.hpp"
#include "operators/rssac002/rows.hpp"
#include "operators/rssac002/rssac002_options.hpp"
#include "operators/windowing/row_windows.hpp"

namespace dnstorm::operators {

namespace {

// One input: where its fields lie.
struct RssacReader {
  explicit RssacReader(const Schema& schema) : of_pieces(are_rssac_pieces(schema)) {
    if (of_pieces) {
      piece = RssacPieceRefs(schema);
      time = piece.window;
      return;
    }
    time = schema.ref<TimeNs>("time");
    client = schema.ref<IpAddress>("client");
    server = schema.ref<IpAddress>("server");
    qr = schema.ref<bool>("qr");
    malformed = schema.ref<bool>("malformed");
    ip_version = schema.ref<std::uint8_t>("ip_version");
    transport = schema.ref<std::uint8_t>("transport");
    labels = schema.ref<std::uint8_t>("label_count");
    rcode = schema.ref<std::uint16_t>("full_rcode");
    size = schema.ref<std::uint32_t>("size");
  }
  bool of_pieces;
  RssacPieceRefs piece;
  FieldRef<TimeNs> time;
  FieldRef<IpAddress> client, server;
  FieldRef<bool> qr, malformed;
  FieldRef<std::uint8_t> ip_version, transport, labels;
  FieldRef<std::uint16_t> rcode;
  FieldRef<std::uint32_t> size;
};

class RssacBolt final : public Bolt, private KeyedState {
  auto emit_to(Emitter& out) {
    return [this, &out](const RssacDay& day, WindowBounds bounds) {
      if (settings_.partial)
        emit_pieces(day, bounds, out);
      else
        emit_lines(day, bounds, bounds.end <= seen_ || settings_.whole_days ? bounds.end : seen_,
                   out);
    };
  }

 public:
  explicit RssacBolt(const Options& options) : settings_(*RssacSettings::of(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    for (const Input& input : task.inputs) readers_.emplace_back(*input.schema);
    malformed_ = &task.counter("malformed");
    other_server_ = &task.counter("other_server");
    other_transport_ = &task.counter("other_transport");
    DurationNs width = settings_.partial && settings_.every != 0 ? settings_.every : rssac_day;
    WindowSpec spec{WindowAxis::event_time, WindowShape(width, width), settings_.lateness};
    windows_ = {spec, LateRows(task.counter("late_rows"), 0), task.clock,
                [this] { return std::make_unique<RssacDay>(settings_.sources); }};
    if (task.outputs[0] == nullptr) return {};
    if (settings_.partial)
      partial_refs_ = RssacPieceRefs(*task.outputs[0]);
    else
      line_refs_ = RssacLineRefs(*task.outputs[0]);
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    const RssacReader& reader = readers_[in.input];
    Rows rows = in.rows();
    // What comes before the first watermark tells when the input begins.
    bool beginning = began_ == time_min && !reader.of_pieces;
    if (beginning)
      for (RowView row : rows) earliest_ = std::min(earliest_, row.get(reader.time));
    auto add_run = [&](RssacDay& day, std::uint32_t first, std::uint32_t last) {
      if (reader.of_pieces) return merge(day, rows, first, last, reader);
      if (beginning) day.begins(earliest_);
      for (std::uint32_t to = first; first < last; first = to) {
        to = std::min(last, first + v4_.keys_max);
        count(day, rows, first, to, reader);
      }
    };
    windows_.take(in, reader.time, out, add_run, emit_to(out));
  }

  void watermark(TimeNs now, Emitter& out) override {
    if (now != time_max) {
      seen_ = now;
      if (began_ == time_min) began_ = now;
    }
    windows_.watermark(now, emit_to(out));
    if (settings_.every == 0 || settings_.partial || now == time_max) return;
    TimeNs until = window_of(now, settings_.every).start;
    if (until <= std::exchange(until_, std::max(until_, until))) return;
    windows_.each_pane([&](TimeNs start, const RssacDay& day) {
      WindowBounds bounds{start, add_time(start, rssac_day)};
      if (start < until && until < bounds.end) emit_lines(day, bounds, until, out);
    });
  }

  Result<void> finish(Emitter&) override {
    if (!foreign_parts_) return {};
    return Error{
        ErrorKind::config,
        "rssac002: the parts come from an rssac002 with another `precision`; give both the "
        "same",
        "precision"};
  }

  std::vector<KeyedState*> keyed_state() override { return {this}; }
  Result<void> save(StateWriter& out) override {
    windows_.save(out);
    for (TimeNs time : {began_, seen_, until_}) out.put(time);
    out.put(foreign_parts_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    if (!windows_.restore(in)) return damaged_state();
    for (TimeNs* time : {&began_, &seen_, &until_}) *time = in.get<TimeNs>();
    foreign_parts_ = in.get<bool>();
    return {};
  }

  // A section has, for each window, its start and its pieces of the group.
  void save_groups(GroupSections& out) const override {
    windows_.each_pane([&](TimeNs start, const RssacDay& day) {
      day.each_piece([&](std::uint32_t group, std::uint8_t kind, std::string_view bytes) {
        StateWriter& section = out.of(group);
        section.put(start);
        section.put(kind);
        section.put_bytes(bytes);
      });
    });
  }
  bool restore_group(std::uint32_t, StateReader& in) override {
    while (!in.at_end()) {
      auto start = in.get<TimeNs>();
      auto kind = in.get<std::uint8_t>();
      std::string_view bytes = in.get_bytes();
      RssacDay* day = in.ok() ? windows_.restore_pane(start) : nullptr;
      if (day == nullptr || !day->add_piece(kind, bytes)) return false;
    }
    return in.ok();
  }

 private:
  static constexpr std::uint8_t tcp = 6, udp = 17;

  // At most as many rows as the arrivals have room for.
  void count(RssacDay& day, const Rows& rows, std::uint32_t first, std::uint32_t last,
             const RssacReader& reader) {
    for (std::uint32_t i = first; i < last; ++i) {
      RowView row = rows[i];
      if (!counts(row, reader)) continue;
      RssacMessage message;
      message.response = row.get(reader.qr);
      message.tcp = row.get(reader.transport) == tcp;
      message.v6 = row.get(reader.ip_version) == 6;
      message.size = row.get(reader.size);
      message.rcode = row.get(reader.rcode);
      if (reader.labels.present()) message.labels = row.get(reader.labels);
      day.count(message);
      if (!message.response && reader.client.present())
        add_source(row.get(reader.client), message.v6);
    }
    day.take(v4_);
    day.take(v6_);
  }
  bool counts(const RowView& row, const RssacReader& reader) {
    if (!settings_.malformed && row.get(reader.malformed)) return malformed_->add(), false;
    std::uint8_t transport = row.get(reader.transport);
    if (transport != udp && transport != tcp) return other_transport_->add(), false;
    if (settings_.own_given && !settings_.own.contains(row.get(reader.server)))
      return other_server_->add(), false;
    return true;
  }
  void add_source(const IpAddress& client, bool v6) {
    if (v6) {
      SourceV6 key;
      std::memcpy(&key, client.bytes.data(), sizeof key);
      return v6_.add(key);
    }
    SourceV4 key = 0;
    std::memcpy(&key, &client.bytes[12], sizeof key);
    v4_.add(key);
  }

  void merge(RssacDay& day, const Rows& rows, std::uint32_t first, std::uint32_t last,
             const RssacReader& reader) {
    for (std::uint32_t i = first; i < last; ++i) {
      auto bytes = rows[i].get(reader.piece.pieces);
      StateReader in({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      while (in.ok() && !in.at_end()) {
        auto kind = in.get<std::uint8_t>();
        std::string_view piece = in.get_bytes();
        if (in.ok() && day.add_piece(kind, piece)) continue;
        // From here on the numbers would be wrong: none comes out, and the run fails at its end.
        foreign_parts_ = true;
        return;
      }
    }
  }

  void emit_lines(const RssacDay& day, WindowBounds bounds, TimeNs until, Emitter& out) const {
    if (!out.wanted() || foreign_parts_) return;
    TimeNs from =
        settings_.whole_days ? bounds.start : std::max(bounds.start, std::min(began_, day.first()));
    until = std::max(until, from);
    for (RssacMetric metric : settings_.metrics)
      for (const RssacFigure& figure : day.figures(metric)) {
        RowWriter row = out.row();
        row.set(line_refs_.window, bounds.start);
        row.set(line_refs_.window_end, bounds.end);
        row.set(line_refs_.from, from);
        row.set(line_refs_.until, until);
        row.set_str(line_refs_.version, settings_.version);
        row.set_str(line_refs_.service, settings_.service);
        row.set_str(line_refs_.metric, rssac_metric_name(metric));
        row.set_str(line_refs_.section, figure.section);
        row.set_str(line_refs_.item, figure.item);
        row.set(line_refs_.count, figure.count);
        row.set(line_refs_.error, figure.error);
      }
  }

  void emit_pieces(const RssacDay& day, WindowBounds bounds, Emitter& out) const {
    if (!out.wanted()) return;
    StateWriter pieces;
    auto emit_row = [&] {
      std::string bytes = pieces.take();
      RowWriter row = out.row();
      row.set(partial_refs_.window, bounds.start);
      row.set(partial_refs_.window_end, bounds.end);
      row.set_bytes(partial_refs_.pieces,
                    {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    };
    day.each_piece([&](std::uint32_t, std::uint8_t kind, std::string_view bytes) {
      pieces.put(kind);
      pieces.put_bytes(bytes);
      if (pieces.size() >= row_bytes) emit_row();
    });
    if (pieces.size() != 0) emit_row();
  }
  static constexpr std::size_t row_bytes = 16 * 1024;

  RssacSettings settings_;
  std::vector<RssacReader> readers_;  // one an input
  RowWindows<RssacDay> windows_;
  TimeNs earliest_ = time_max;  // message before the first watermark
  TimeNs began_ = time_min;     // the first watermark
  TimeNs seen_ = time_min;      // the last one
  TimeNs until_ = time_min;     // how far lines of open days have come out
  bool foreign_parts_ = false;
  RssacDay::Arrivals<SourceV4> v4_;  // scratch
  RssacDay::Arrivals<SourceV6> v6_;
  RssacLineRefs line_refs_;
  RssacPieceRefs partial_refs_;
  Counter* malformed_ = nullptr;
  Counter* other_server_ = nullptr;
  Counter* other_transport_ = nullptr;
};

}  // namespace

OperatorDef rssac002_operator() {
  OperatorDef def;
  def.name = "rssac002";
  def.summary = "Counts what RSSAC002 asks of a root server: volumes, sizes, rcodes, sources.";
  def.options = rssac_option_specs();
  def.constructor = {"service"};
  def.example =
      "- id: days\n"
      "  className: rssac002\n"
      "  properties:\n"
      "    service: a.root-servers.net\n"
      "    server_addresses: [198.41.0.4, \"2001:503:ba3e::2:30\"]\n";
  def.declare = declare_rssac;
  def.make_bolt = [](const Options& options) { return std::make_unique<RssacBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
