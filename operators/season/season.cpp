#include "operators/season/season.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include "engine/api/keyed_state.hpp"
#include "operators/count/aggregate.hpp"
#include "operators/count/key_index.hpp"
#include "operators/event_time.hpp"
#include "operators/labels.hpp"
#include "operators/number.hpp"
#include "operators/season/learner.hpp"
#include "operators/season/normal.hpp"
#include "operators/whole_file.hpp"

namespace dnstorm::operators {

namespace {

// The name of a series, as points have it: the values of its key as text.
class NameReader {
 public:
  NameReader(const Schema& schema, const std::vector<std::string>& by) {
    for (const std::string& name : by) {
      std::size_t index = *schema.find(name);
      parts_.push_back({schema.field(index), schema.offset(index), {}});
      if (is_unsigned(parts_.back().field.type)) parts_.back().number = NumberRef(schema, name);
    }
  }
  std::string name(const RowView& row) const {
    std::string name;
    for (const Part& part : parts_) name += (name.empty() ? "" : "/") + text(part, row);
    return parts_.empty() ? "all" : name;
  }

 private:
  struct Part {
    Field field;
    std::uint32_t offset;
    NumberRef number;
  };
  static std::string text(const Part& part, const RowView& row) {
    if (part.field.type == Type::str) return std::string(row.get(FieldRef<Str>{part.offset}));
    if (part.field.type == Type::ip) return format_ip(row.get(FieldRef<IpAddress>{part.offset}));
    return label_text(part.field.labels, part.number.get(row));
  }
  std::vector<Part> parts_;
};

struct Series {
  explicit Series(std::size_t hours_max) : learner(hours_max) {}
  void save(StateWriter& out) const {
    out.put_bytes(name);
    learner.save(out);
  }
  bool restore(StateReader& in) {
    name = in.get_bytes();
    return learner.restore(in);
  }
  std::string name;
  SeasonLearner learner;
};

struct RowReader {
  RowReader(const Schema& schema, const Options& options)
      : by(schema, options.list("by")),
        name(schema, options.list("by")),
        time(schema.ref<std::int64_t>(options.text("time"))),
        count(schema, options.text("count")),
        latency(schema, options.text("latency")),
        drops(schema, options.text("drops")) {}
  MinuteRow read(const RowView& row) const {
    MinuteRow minute;
    minute.count = number(count, row);
    if (latency.present()) minute.latency_us = number(latency, row);
    if (drops.present()) minute.drops = number(drops, row);
    return minute;
  }
  static double number(const RealRef& ref, const RowView& row) {
    double value = ref.get(row);
    return std::isfinite(value) && value > 0 ? value : 0;
  }
  KeyReader by;
  NameReader name;
  FieldRef<std::int64_t> time;
  RealRef count, latency, drops;
};

class SeasonBolt final : public Bolt {
 public:
  explicit SeasonBolt(Options options)
      : options_(std::move(options)),
        hours_max_(static_cast<std::size_t>(options_.integer("weeks")) * hours_per_week),
        deviations_(normal_quantile((1 + options_.number("coverage")) / 2)),
        series_([this] { return Series(hours_max_); }) {}

  Result<void> prepare(const TaskContext& task) override {
    const auto& by = options_.list("by");
    for (const Input& input : task.inputs) readers_.emplace_back(*input.schema, options_);
    series_.prepare(task, by);
    grouping_ = KeyGrouping(task, by);
    share_ =
        (static_cast<std::size_t>(options_.integer("servers_max")) + key_groups - 1) / key_groups;
    late_ = &task.counter("late_rows");
    refused_ = &task.counter("no_room");
    unknown_ = &task.counter("not_known_yet");
    unsaved_ = &task.counter("saves_failed");
    if (task.outputs[0] != nullptr) {
      targets_ = key_targets(*task.outputs[0], by);
      bind(*task.outputs[0]);
    }
    start_ = DNSTORM_TRY(load_season_file("season", options_.text("file")));
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override {
    const RowReader& reader = readers_[in.input];
    for (RowView row : in.rows()) {
      key_.clear();
      reader.by.append(row, key_);
      Series* series = series_.find(key_);
      if (series == nullptr) series = begin_series(reader.name.name(row));
      if (series == nullptr) {
        refused_->add();
      } else if (!series->learner.add(row.get(reader.time), reader.read(row))) {
        late_->add();
      }
    }
  }

  void watermark(TimeNs now, Emitter& out) override {
    std::vector<Due> due;
    series_.each([&](std::string_view key, const Series&) {
      series_.find(key)->learner.advance(
          now, [&](TimeNs minute, double count, const Profile* known) {
            if (known == nullptr) return unknown_->add();
            due.push_back({minute, key, count, known->load(hour_of(minute))});
          });
    });
    // By time, and within a minute in the order of keys: the same however often time is told.
    std::ranges::stable_sort(due, {}, &Due::minute);
    for (const Due& one : due) give(one, out);
    bool new_day =
        now != time_max && day_of(hour_of(now)) != std::exchange(day_, day_of(hour_of(now)));
    if (new_day && !options_.text("save").empty() && !write().ok()) unsaved_->add();
  }

  Result<void> finish(Emitter&) override {
    return options_.text("save").empty() ? Result<void>() : write();
  }
  bool blocking() const override { return !options_.text("save").empty(); }

  std::vector<KeyedState*> keyed_state() override { return {&series_}; }

 private:
  struct Due {
    TimeNs minute;
    std::string_view key;
    double count;
    HourLoad load;
  };

  void bind(const Schema& schema) {
    window_ = schema.ref<std::int64_t>("window");
    window_end_ = schema.ref<std::int64_t>("window_end");
    const char* names[] = {"count", "expected", "low", "high", "deviation"};
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = schema.ref<double>(names[i]);
  }

  // The key is key_. Null: no room in its key group.
  Series* begin_series(const std::string& name) {
    std::uint32_t group = *grouping_.group_of(key_);
    if (!counted_) count_series();
    if (in_group_[group] >= share_) return nullptr;
    ++in_group_[group];
    Series& series = series_.at(key_);
    series.name = name;
    if (auto known = start_.find(name); known != start_.end())
      series.learner.start_from(known->second);
    return &series;
  }
  // Those of a checkpoint, too.
  void count_series() {
    counted_ = true;
    series_.each(
        [&](std::string_view key, const Series&) { ++in_group_[*grouping_.group_of(key)]; });
  }

  void give(const Due& one, Emitter& out) const {
    if (!out.wanted()) return;
    RowWriter row = out.row();
    row.set(window_, one.minute);
    row.set(window_end_, one.minute + ns_per_minute);
    readers_[0].by.restore(one.key, row, targets_);
    double spread = one.load.spread();
    double beside = std::log1p(one.count) - one.load.middle;
    std::array<double, 5> values{one.count, one.load.expected(), one.load.at(-deviations_),
                                 one.load.at(deviations_), spread > 0 ? beside / spread : 0};
    for (std::size_t i = 0; i < values.size(); ++i) row.set(values_[i], values[i]);
  }

  // Series of the file that had no row stay in it.
  Result<void> write() const {
    Pasts pasts = start_;
    series_.each([&](std::string_view, const Series& series) {
      pasts.insert_or_assign(series.name, series.learner.past());
    });
    return write_whole_file("season", options_.text("save"), season_file(pasts));
  }

  Options options_;
  std::size_t hours_max_;
  double deviations_;
  std::vector<RowReader> readers_;
  std::vector<std::uint32_t> targets_;
  FieldRef<std::int64_t> window_, window_end_;
  std::array<FieldRef<double>, 5> values_;
  MapState<Series> series_;
  KeyGrouping grouping_;
  std::size_t share_ = 0;
  std::array<std::size_t, key_groups> in_group_{};
  bool counted_ = false;
  Pasts start_;
  std::int64_t day_ = 0;
  std::string key_;
  Counter* late_ = nullptr;
  Counter* refused_ = nullptr;
  Counter* unknown_ = nullptr;
  Counter* unsaved_ = nullptr;
};

std::vector<Field> result_fields() {
  return {
      {.name = "count",
       .type = Type::f64,
       .role = Role::value,
       .help = "of the minute",
       .fold = Fold::sum},
      {.name = "expected",
       .type = Type::f64,
       .role = Role::value,
       .help = "what was expected",
       .fold = Fold::sum},
      {.name = "low",
       .type = Type::f64,
       .role = Role::value,
       .help = "`coverage` of all minutes lie from here"},
      {.name = "high", .type = Type::f64, .role = Role::value, .help = "to here"},
      {.name = "deviation",
       .type = Type::f64,
       .role = Role::value,
       .help = "how many spreads of the logarithm the count is from what was expected"},
  };
}

Result<void> check_key(const std::vector<Field>& fields) {
  for (const Field& field : fields)
    if (field.type != Type::str && field.type != Type::ip && !is_unsigned(field.type))
      return Error{ErrorKind::config,
                   fmt::format("field '{}' is of type {}; a series is named by text, addresses and "
                               "unsigned numbers",
                               field.name, to_string(field.type)),
                   "by"};
  return {};
}

Result<Declaration> declare_season(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::keyed;
  declaration.reads.resize(inputs.size());
  DNSTORM_CHECK(read_time(declaration, options, inputs, "the minutes of season"));
  for (const char* option : {"count", "latency", "drops"}) {
    const std::string& name = options.text(option);
    if (name.empty()) continue;
    DNSTORM_CHECK(common_real(inputs, name, option));
    read_from_all(declaration, {name});
  }
  const auto& by = options.list("by");
  StreamDecl stream{"default", window_fields()};
  std::vector<Field> keys = DNSTORM_TRY(common_fields(inputs, by, "by"));
  DNSTORM_CHECK(check_key(keys));
  for (Field& field : keys) {
    field.role = Role::key;
    stream.fields.push_back(std::move(field));
  }
  for (Field& field : result_fields()) stream.fields.push_back(std::move(field));
  DNSTORM_CHECK(check_output_names(stream, "by"));
  declaration.outputs.push_back(std::move(stream));
  read_from_all(declaration, by);
  declaration.partition_by = by;
  declaration.single_task = by.empty() || !options.text("save").empty();
  return declaration;
}

}  // namespace

OperatorDef season_operator() {
  OperatorDef def;
  def.name = "season";
  def.summary = "Learns what the minutes of a week are like, and says what was expected of each.";
  def.options = {
      {"by", OptionType::list, "", "the fields that name a series; none: one series"},
      {"count", OptionType::text, "count", "the field with the count, of any numeric type"},
      {"time", OptionType::text, "window", "the field with the minute, or a time within it"},
      {"latency", OptionType::text, "", "a field with a response time in us: limits are learned"},
      {"drops", OptionType::text, "", "a field with messages lost: limits are learned"},
      {.name = "coverage",
       .type = OptionType::number,
       .default_text = "0.9",
       .help = "the part of all minutes that lies between `low` and `high`",
       .min = 0.1,
       .max = 0.9999},
      {.name = "weeks",
       .type = OptionType::integer,
       .default_text = "53",
       .help = "that are remembered; 3.4 KB each for a series",
       .min = 1,
       .max = 520},
      {.name = "servers_max",
       .type = OptionType::integer,
       .default_text = "1024",
       .help = "series at most, a 128th of them in each key group",
       .min = 1,
       .max = 1e6},
      {"file", OptionType::text, "", "a season file to start from, of `save` or dnstorm advise"},
      {"save", OptionType::text, "",
       "a season file to write every day of event time and at the end (one task)"},
  };
  def.constructor = {"by"};
  def.example =
      "- id: expected\n"
      "  className: season\n"
      "  properties: {by: [server], save: dns.season}\n";
  def.declare = declare_season;
  def.make_bolt = [](const Options& options) { return std::make_unique<SeasonBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
