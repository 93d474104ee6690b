#include "operators/shape/sessionise.hpp"

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

// The open session of a key. The time of its entry is that of its last row.
struct OpenSession {
  void save(StateWriter& out) const {
    out.put(start);
    out.put(rows);
  }
  bool restore(StateReader& in) {
    start = in.get<TimeNs>();
    rows = in.get<std::uint64_t>();
    return in.ok();
  }
  TimeNs start = 0;
  std::uint64_t rows = 0;
};

class SessioniseBolt final : public Bolt {
 public:
  explicit SessioniseBolt(Options options)
      : options_(std::move(options)),
        gap_(options_.duration("gap")),
        lateness_(options_.duration("lateness")) {}

  Result<void> prepare(const TaskContext& task) override {
    const SchemaPtr& schema = task.inputs[0].schema;
    const auto& by = options_.list("by");
    key_reader_ = KeyReader(*schema, by);
    time_ = schema->ref<std::int64_t>(options_.text("time"));
    auto most = [&](const char* name) {
      return static_cast<std::uint64_t>(options_.integer(name));
    };
    sessions_.prepare(task, by, most("sessions_max"));
    waiting_.prepare(KeyGrouping(task, by), schema, most("rows_max"));
    late_rows_ = &task.counter("late_rows");
    early_ = &task.counter("rows_early");
    evicted_ = &task.counter("sessions_evicted");
    if (task.outputs[0] == nullptr) return {};
    const Schema& out = *task.outputs[0];
    copier_ = RowCopier(*schema, out, {});
    session_ = out.ref<std::uint64_t>("session");
    session_start_ = out.ref<std::int64_t>("session_start");
    session_row_ = out.ref<std::uint64_t>("session_row");
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    Rows rows = in.rows();
    Selection late;
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      TimeNs time = rows[i].get(time_);
      if (time < passed()) {
        late.push_back(static_cast<std::uint16_t>(rows.index(i)));
        continue;
      }
      key_.clear();
      key_reader_.append(rows[i], key_);
      if (waiting_.add(key_, time, in.batch, rows.index(i))) continue;
      early_->add();
      pass_on(key_, time, rows[i], out);
    }
    if (late.empty()) return;
    late_rows_->add(late.size());
    if (out.wanted(1)) out.forward(1, in.batch, std::make_shared<const Selection>(std::move(late)));
  }

  void watermark(TimeNs now, Emitter& out) override {
    watermark_ = std::max(watermark_, now);
    for (const WaitingRows::Row& row : waiting_.take_before(passed()))
      pass_on(row.key, row.time, row.view(), out);
    // The next row of these is a gap away at least.
    sessions_.forget_before(add_time(add_time(passed(), -gap_), 1));
  }

  Result<void> save(StateWriter& out) override {
    out.put(watermark_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    watermark_ = in.get<TimeNs>();
    return {};
  }
  std::vector<KeyedState*> keyed_state() override { return {&sessions_, &waiting_}; }

 private:
  // Rows before this are late; those that wait and are before it have all come.
  TimeNs passed() const { return time_before(watermark_, lateness_); }

  void pass_on(std::string_view key, TimeNs time, const RowView& row, Emitter& out) {
    OpenSession session = session_of(key, time);
    if (!out.wanted()) return;
    RowWriter written = out.row();
    copier_.copy(row, written);
    written.set(session_, hash_combine(hash_bytes(key), static_cast<std::uint64_t>(session.start)));
    written.set(session_start_, session.start);
    written.set(session_row_, session.rows);
  }

  // With the row of this time, which comes after all others but where there was no room to wait.
  OpenSession session_of(std::string_view key, TimeNs time) {
    OpenSession fresh{time, 1};
    auto* known = sessions_.find(key);
    if (known == nullptr) {
      if (sessions_.add(key, time, fresh)) evicted_->add();
      return fresh;
    }
    auto& [last, session] = *known;
    if (time < session.start && time_from_to(time, session.start) >= gap_) return fresh;
    if (time_from_to(last, time) >= gap_) session = {time, 0};
    OpenSession with_row{session.start, ++session.rows};
    if (time > last) sessions_.move(key, time);
    return with_row;
  }

  Options options_;
  DurationNs gap_;
  DurationNs lateness_;
  KeyReader key_reader_;
  FieldRef<std::int64_t> time_;
  RowCopier copier_;
  TimedKeys<OpenSession> sessions_;
  WaitingRows waiting_;
  TimeNs watermark_ = time_min;
  std::string key_;  // kept for its memory
  FieldRef<std::uint64_t> session_;
  FieldRef<std::int64_t> session_start_;
  FieldRef<std::uint64_t> session_row_;
  Counter* late_rows_ = nullptr;
  Counter* early_ = nullptr;
  Counter* evicted_ = nullptr;
};

Result<Declaration> declare_sessionise(const Options& options,
                                       const std::vector<InputDecl>& inputs) {
  const auto& by = options.list("by");
  if (by.empty())
    return Error{ErrorKind::config, "option 'by' names no field; write for example by: [client]",
                 "by"};
  if (options.duration("gap") == 0)
    return Error{ErrorKind::config, "option 'gap' must be above 0", "gap"};
  std::vector<std::string> reads = by;
  reads.push_back(options.text("time"));
  std::vector<Field> added = {
      {.name = "session",
       .type = Type::u64,
       .unbounded = true,
       .help = "the session: a hash of its key and start"},
      {.name = "session_start", .type = Type::time, .help = "the time of its first row"},
      {.name = "session_row", .type = Type::u64, .help = "1 is its first row"}};
  Declaration declaration =
      DNSTORM_TRY(declare_mapping("sessionise", inputs, std::move(reads), std::move(added)));
  DNSTORM_CHECK(require_type(inputs[0], options.text("time"), Type::time, "time", "sessionise"));
  for (const std::string& name : by) DNSTORM_CHECK(require_field(inputs[0], name, "by"));
  declaration.state = StateScope::keyed;
  declaration.partition_by = by;
  declaration.outputs.push_back({"late", inputs[0].schema.fields(), true});
  return declaration;
}

}  // namespace

OperatorDef sessionise_operator() {
  OperatorDef def;
  def.name = "sessionise";
  def.summary = "Tells rows which session of their key they belong to.";
  def.options = {
      {"by", OptionType::list, "", "the fields that make up the key", true},
      {"gap", OptionType::duration, "30s", "a time of this length without rows ends a session"},
      room_option("sessions_max",
                  "how many open sessions there are at most; beyond, the oldest ends"),
      room_option("rows_max",
                  "how many rows wait for event time at most; beyond, they do not wait"),
      {"time", OptionType::text, "time", "the field that holds the event time of a row"},
      {"lateness", OptionType::duration, "0s", "how late a row may be and still be in its session"},
  };
  def.constructor = {"by", "gap"};
  def.example =
      "- id: sessions\n"
      "  className: sessionise\n"
      "  properties: {by: [client], gap: 60s}\n";
  def.declare = declare_sessionise;
  def.make_bolt = [](const Options& options) { return std::make_unique<SessioniseBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
