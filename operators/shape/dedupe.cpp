#include "operators/shape/dedupe.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "operators/event_time.hpp"
#include "operators/row_mapping.hpp"
#include "operators/shape/waiting_rows.hpp"
#include "operators/windowing/timed_keys.hpp"

namespace dnstorm::operators {

namespace {

// The last row of a key that has passed: when is all there is to know.
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
    auto most = [&](const char* name) {
      return static_cast<std::uint64_t>(options_.integer(name));
    };
    passed_rows_.prepare(task, by, most("keys_max"));
    waiting_.prepare(KeyGrouping(task, by), task.inputs[0].schema, most("rows_max"));
    early_ = &task.counter("rows_early");
    passed_ = &task.counter("passed");
    duplicates_ = &task.counter("duplicates");
    late_rows_ = &task.counter("late_rows");
    evicted_ = &task.counter("keys_evicted");
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    Rows rows = in.rows();
    Selection early;
    Selection late;
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      TimeNs time = rows[i].get(time_);
      auto number = static_cast<std::uint16_t>(rows.index(i));
      // Rows that it may be equal to are forgotten: nobody can say whether it is the first.
      if (time < reached()) {
        late.push_back(number);
        continue;
      }
      key_.clear();
      key_reader_.append(rows[i], key_);
      if (waiting_.add(key_, time, in.batch, number)) continue;
      early_->add();
      if (is_first(key_, time)) early.push_back(number);
    }
    late_rows_->add(late.size());
    pass_on(0, in.batch, std::move(early), out);
    pass_on(1, in.batch, std::move(late), out);
  }

  // Rows are judged in the order of their times, and go on in that in which they came, a batch at a
  // time.
  void watermark(TimeNs now, Emitter& out) override {
    watermark_ = std::max(watermark_, now);
    std::vector<WaitingRows::Row> rows = waiting_.take_before(reached());
    std::erase_if(rows, [&](const auto& row) { return !is_first(row.key, row.time); });
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
    for (std::size_t first = 0, last = 0; first < rows.size(); first = last) {
      Selection passing;
      for (; last < rows.size() && rows[last].batch == rows[first].batch; ++last)
        passing.push_back(static_cast<std::uint16_t>(rows[last].number));
      pass_on(0, rows[first].batch, std::move(passing), out);
    }
    // A row that is not late is nearer than the span to none of these.
    passed_rows_.forget_before(add_time(add_time(reached(), -span_), 1));
  }

  Result<void> save(StateWriter& out) override {
    out.put(watermark_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    watermark_ = in.get<TimeNs>();
    return {};
  }
  std::vector<KeyedState*> keyed_state() override { return {&passed_rows_, &waiting_}; }

 private:
  // Rows before this are late; those that wait and are before it have all come.
  TimeNs reached() const { return time_before(watermark_, lateness_); }

  bool is_first(std::string_view key, TimeNs time) {
    if (!judge(key, time)) {
      duplicates_->add();
      return false;
    }
    passed_->add();
    return true;
  }
  // Rows come in the order of their times, but where there was no room to wait.
  bool judge(std::string_view key, TimeNs time) {
    auto* last = passed_rows_.find(key);
    if (last == nullptr) {
      if (passed_rows_.add(key, time, {})) evicted_->add();
      return true;
    }
    bool later = time >= last->time;
    bool apart = (later ? time_from_to(last->time, time) : time_from_to(time, last->time)) >= span_;
    if (apart && later) passed_rows_.move(key, time);
    return apart;
  }
  static void pass_on(std::size_t stream, const BatchPtr& batch, Selection rows, Emitter& out) {
    if (rows.empty() || !out.wanted(stream)) return;
    if (rows.size() == batch->row_count())
      out.forward(stream, batch, nullptr);
    else
      out.forward(stream, batch, std::make_shared<const Selection>(std::move(rows)));
  }

  Options options_;
  DurationNs span_;
  DurationNs lateness_;
  KeyReader key_reader_;
  FieldRef<std::int64_t> time_;
  TimedKeys<Passed> passed_rows_;
  WaitingRows waiting_;
  TimeNs watermark_ = time_min;
  std::string key_;  // kept for its memory
  Counter* passed_ = nullptr;
  Counter* duplicates_ = nullptr;
  Counter* late_rows_ = nullptr;
  Counter* evicted_ = nullptr;
  Counter* early_ = nullptr;
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
      room_option("keys_max", "how many keys are remembered; beyond, the oldest is forgotten"),
      room_option("rows_max",
                  "how many rows wait for event time at most; beyond, they do not wait"),
      {"time", OptionType::text, "time", "the field that holds the event time of a row"},
      {"lateness", OptionType::duration, "0s", "how late a row may be and still be judged"},
  };
  def.constructor = {"by", "span"};
  def.example =
      "- id: questions_once\n"
      "  className: dedupe\n"
      "  properties: {by: [client, qname, qtype], span: 60s}\n";
  def.declare = declare_dedupe;
  def.make_bolt = [](const Options& options) { return std::make_unique<DedupeBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
