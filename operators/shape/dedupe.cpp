#include "operators/shape/dedupe.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "operators/event_time.hpp"
#include "operators/row_mapping.hpp"
#include "operators/windowing/timed_keys.hpp"

namespace dnstorm::operators {

namespace {

// A row that has passed: of what key and when is all there is to know.
struct Passed {
  void save(StateWriter&) const {}
  bool restore(StateReader&) { return true; }
};

class DedupeBolt final : public Bolt {
 public:
  explicit DedupeBolt(Options options)
      : options_(std::move(options)),
        span_(options_.duration("span")),
        lateness_(options_.duration("lateness")) {}

  Result<void> prepare(const TaskContext& task) override {
    const Schema& schema = *task.inputs[0].schema;
    const auto& by = options_.list("by");
    key_reader_ = KeyReader(schema, by);
    time_ = schema.ref<std::int64_t>(options_.text("time"));
    passed_rows_.prepare(task, by, static_cast<std::uint64_t>(options_.integer("keys_max")));
    passed_ = &task.counter("passed");
    duplicates_ = &task.counter("duplicates");
    late_rows_ = &task.counter("late_rows");
    evicted_ = &task.counter("keys_evicted");
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    Rows rows = in.rows();
    Selection passing;
    Selection late;
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      auto number = static_cast<std::uint16_t>(rows.index(i));
      // Rows that it may be equal to are forgotten: nobody can say whether it is the first.
      if (add_time(rows[i].get(time_), lateness_) < watermark_)
        late.push_back(number);
      else if (is_first(rows[i]))
        passing.push_back(number);
    }
    passed_->add(passing.size());
    late_rows_->add(late.size());
    duplicates_->add(rows.size() - passing.size() - late.size());
    pass_on(0, in, std::move(passing), out);
    pass_on(1, in, std::move(late), out);
  }

  void watermark(TimeNs now, Emitter&) override {
    watermark_ = std::max(watermark_, now);
    // A row that is not late is nearer than the span to none of these.
    passed_rows_.forget_before(add_time(add_time(add_time(watermark_, -lateness_), -span_), 1));
  }

  Result<void> save(StateWriter& out) override {
    out.put(watermark_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    watermark_ = in.get<TimeNs>();
    return {};
  }
  std::vector<KeyedState*> keyed_state() override { return {&passed_rows_}; }

 private:
  bool is_first(const RowView& row) {
    TimeNs time = row.get(time_);
    key_.clear();
    key_reader_.append(row, key_);
    auto equal = [&](const auto& entry) {
      return std::max(time_from_to(entry.time, time), time_from_to(time, entry.time)) < span_;
    };
    if (auto* known = passed_rows_.find(key_))
      if (std::any_of(known->begin(), known->end(), equal)) return false;
    if (passed_rows_.add(key_, time, {})) evicted_->add();
    return true;
  }
  static void pass_on(std::size_t stream, const InputBatch& in, Selection rows, Emitter& out) {
    if (rows.empty() || !out.wanted(stream)) return;
    if (rows.size() == in.rows().size())
      out.forward(stream, in.batch, in.selection);
    else
      out.forward(stream, in.batch, std::make_shared<const Selection>(std::move(rows)));
  }

  Options options_;
  DurationNs span_;
  DurationNs lateness_;
  KeyReader key_reader_;
  FieldRef<std::int64_t> time_;
  TimedKeys<Passed, true> passed_rows_;
  TimeNs watermark_ = time_min;
  std::string key_;  // kept for its memory
  Counter* passed_ = nullptr;
  Counter* duplicates_ = nullptr;
  Counter* late_rows_ = nullptr;
  Counter* evicted_ = nullptr;
};

Result<Declaration> declare_dedupe(const Options& options, const std::vector<InputDecl>& inputs) {
  if (inputs.size() != 1)
    return Error{
        ErrorKind::config,
        fmt::format("dedupe passes one stream on, and {} come in; use one for each", inputs.size()),
        "by"};
  const auto& by = options.list("by");
  if (by.empty())
    return Error{ErrorKind::config,
                 "option 'by' names no field; write for example by: [client, qname]", "by"};
  if (options.duration("span") == 0)
    return Error{ErrorKind::config, "option 'span' must be above 0", "span"};
  const std::string& time = options.text("time");
  DNSTORM_CHECK(require_type(inputs[0], time, Type::time, "time", "dedupe"));
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::keyed;
  declaration.partition_by = by;
  declaration.reads.push_back({time});
  for (const std::string& name : by) {
    DNSTORM_CHECK(require_field(inputs[0], name, "by"));
    declaration.reads[0].push_back(name);
  }
  declaration.outputs.push_back({"default", inputs[0].schema.fields(), true});
  declaration.outputs.push_back({"late", inputs[0].schema.fields(), true});
  return declaration;
}

}  // namespace

OperatorDef dedupe_operator() {
  OperatorDef def;
  def.name = "dedupe";
  def.summary = "Passes on the first of equal rows within a span of event time.";
  def.options = {
      {"by", OptionType::list, "", "rows with equal values of these fields are equal", true},
      {"span", OptionType::duration, "10s",
       "how long an equal row is a duplicate of one that has passed"},
      {.name = "keys_max",
       .type = OptionType::integer,
       .default_text = "1Mi",
       .help = "how many rows are remembered; beyond, the oldest is forgotten",
       .min = key_groups,
       .max = 1e9},
      {"time", OptionType::text, "time", "the field that holds the event time of a row"},
      {"lateness", OptionType::duration, "0s", "how late a row may be and still be judged"},
  };
  def.constructor = {"by", "span"};
  def.example =
      "- id: alarms_once\n"
      "  className: dedupe\n"
      "  properties: {by: [client, rule], span: 60s}\n";
  def.declare = declare_dedupe;
  def.make_bolt = [](const Options& options) { return std::make_unique<DedupeBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
