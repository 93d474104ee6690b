#include "operators/detect/events.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <memory>
#include <utility>

#include "engine/api/hook.hpp"
#include "operators/checkpoint.hpp"
#include "operators/detect/detector.hpp"
#include "operators/detect/live_mutes.hpp"
#include "operators/detect/mute_list.hpp"
#include "operators/detect/rule_file.hpp"
#include "operators/enrich/reload.hpp"
#include "operators/event_time.hpp"
#include "operators/note.hpp"

namespace dnstorm::operators {

namespace {

struct EventReader {
  explicit EventReader(const Schema& s)
      : time(s.ref<std::int64_t>("time")),
        id(s.ref<std::uint64_t>("id")),
        detector(s.ref<Str>("detector")),
        state(s.ref<Str>("state")),
        key_kind(s.ref<Str>("key_kind")),
        key(s.ref<Str>("key")),
        evidence(s.ref<Str>("evidence")),
        samples(s.ref<Str>("samples")),
        advice(s.ref<Str>("advice")),
        severity(s.ref<std::uint8_t>("severity")),
        score(s.ref<double>("score")),
        start(s.ref<std::int64_t>("start")),
        end(s.ref<std::int64_t>("end")) {}
  Event read(const RowView& row) const {
    Event event;
    event.time = row.get(time);
    event.id = row.get(id);
    event.detector = row.get(detector);
    std::string_view what = row.get(state);
    for (EventState one : {EventState::opened, EventState::updated, EventState::closed})
      if (to_string(one) == what) event.state = one;
    event.key_kind = row.get(key_kind);
    event.key = row.get(key);
    event.start = row.get(start);
    event.end = row.get(end);
    event.finding = {row.get(score), static_cast<Severity>(row.get(severity)),
                     std::string(row.get(evidence))};
    event.samples = row.get(samples);
    event.advice = row.get(advice);
    return event;
  }
  FieldRef<std::int64_t> time;
  FieldRef<std::uint64_t> id;
  FieldRef<Str> detector, state, key_kind, key, evidence, samples, advice;
  FieldRef<std::uint8_t> severity;
  FieldRef<double> score;
  FieldRef<std::int64_t> start, end;
};

// What has been told of an event that is open.
struct Told {
  TimeNs time = 0;
  std::uint8_t severity = 0;
};

// How many events of a detector have been opened in a span of event time.
struct Opened {
  TimeNs span = time_min;
  std::uint64_t count = 0;
};

class EventsBolt final : public Bolt {
 public:
  explicit EventsBolt(const Options& options)
      : options_(options),
        allow_file_(options.text("allow_file")),
        mute_file_(options.text("mute_file")),
        update_(options.duration("update")),
        opened_max_(static_cast<std::uint64_t>(options.integer("opened_max"))) {
    while (label_of(least_) != options.text("severity")) ++least_;
  }

  Result<void> prepare(const TaskContext& task) override {
    for (const Input& input : task.inputs) readers_.emplace_back(*input.schema);
    if (task.outputs[0] != nullptr) writer_ = EventWriter(*task.outputs[0]);
    reload_.prepare(task, options_.duration("reload"));
    const char* names[] = {"allowed", "muted", "below_severity", "over_limit", "updates_held"};
    for (std::size_t i = 0; i < left_out_.size(); ++i) left_out_[i] = &task.counter(names[i]);
    if (task.resources != nullptr) live_ = task.resources->find<LiveMutes>(live_mutes_key);
    allow_file_.changed(), mute_file_.changed();
    return read_rules();
  }

  void execute(const InputBatch& in, Emitter& out) override {
    read_changed_rules();
    if (live_)
      if (auto newer = live_->newer(live_seen_)) live_list_ = std::move(newer);
    for (RowView row : in.rows()) take(readers_[in.input].read(row), out);
  }

  Result<void> save(StateWriter& out) override {
    out.put(std::uint64_t{told_.size()});
    for (const auto& [id, told] : told_) {
      out.put(id);
      out.put(told.time);
      out.put(told.severity);
    }
    out.put(std::uint64_t{opened_.size()});
    for (const auto& [detector, opened] : opened_) {
      out.put_bytes(detector);
      out.put(opened.span);
      out.put(opened.count);
    }
    return {};
  }
  Result<void> restore(StateReader& in) override {
    for (std::uint64_t left = in.get_count(17); left != 0; --left) {
      auto id = in.get<std::uint64_t>();
      auto time = in.get<TimeNs>();
      told_[id] = {time, in.get<std::uint8_t>()};
    }
    for (std::uint64_t left = in.get_count(24); left != 0; --left) {
      std::string detector(in.get_bytes());
      auto span = in.get<TimeNs>();
      opened_[detector] = {span, in.get<std::uint64_t>()};
    }
    return in.ok() ? Result<void>{} : damaged_state();
  }

 private:
  enum Reason { allowed, muted, below_severity, over_limit, updates_held };
  static std::string_view label_of(std::uint8_t severity);

  Result<void> read_rules() {
    std::vector<std::string> allow = options_.list("allow");
    if (allow_file_.given())
      for (const std::string& line : DNSTORM_TRY(read_rule_lines(allow_file_.path())))
        for (std::string& word : rule_words(line)) allow.push_back(std::move(word));
    std::vector<std::string> mute = options_.list("mute");
    if (mute_file_.given())
      for (std::string& line : DNSTORM_TRY(read_rule_lines(mute_file_.path())))
        mute.push_back(std::move(line));
    AllowList allow_list = DNSTORM_TRY(AllowList::parse(allow));
    mute_list_ = DNSTORM_TRY(MuteList::parse(mute));
    allow_list_ = std::move(allow_list);
    return {};
  }
  // Rules that cannot be read are told of once, and those before stay.
  void read_changed_rules() {
    if (!reload_.due()) return;
    bool allow = allow_file_.given() && allow_file_.changed();
    bool mute = mute_file_.given() && mute_file_.changed();
    if (!allow && !mute) return;
    auto read = read_rules();
    if (read.ok()) return reload_.reloaded();
    reload_.broken();
    note_(fmt::format("events: the rules stay as they were: {}", read.error().what));
  }

  void leave_out(Reason reason) { left_out_[reason]->add(); }

  void take(Event event, Emitter& out) {
    auto told = told_.find(event.id);
    bool known = told != told_.end();
    if (event.state == EventState::closed) {
      // Whoever was told of its begin is told of its end, whatever the rules say by now.
      if (!known) return;
      told_.erase(told);
      return write(event, out);
    }
    if (allow_list_.contains(event.key)) return leave_out(allowed);
    if (is_muted(event)) return leave_out(muted);
    auto severity = static_cast<std::uint8_t>(event.finding.severity);
    if (severity < least_) return leave_out(below_severity);
    if (known && severity <= told->second.severity &&
        add_time(told->second.time, update_) > event.time)
      return leave_out(updates_held);
    if (!known) {
      if (!may_open(event)) return leave_out(over_limit);
      // It may have begun when it was muted or small.
      event.state = EventState::opened;
      if (told_.size() == open_max) forget_oldest();
    }
    told_[event.id] = {event.time, severity};
    write(event, out);
  }

  bool is_muted(const Event& event) const {
    return mute_list_.contains(event.time, event.detector, event.key) ||
           (live_list_ && live_list_->contains(event.time, event.detector, event.key));
  }

  bool may_open(const Event& event) {
    Opened& opened = opened_[std::string(event.detector)];
    TimeNs span = window_start(event.time);
    if (span > opened.span) opened = {span, 0};
    if (opened_max_ != 0 && opened.count >= opened_max_) return false;
    ++opened.count;
    return true;
  }
  static TimeNs window_start(TimeNs time) { return time - time % (600 * ns_per_s); }

  void forget_oldest() {
    auto oldest = told_.begin();
    for (auto at = told_.begin(); at != told_.end(); ++at)
      if (at->second.time < oldest->second.time) oldest = at;
    told_.erase(oldest);
  }

  void write(const Event& event, Emitter& out) {
    if (out.wanted()) writer_.write(event, out);
  }

  static constexpr std::size_t open_max = 10'000;

  Options options_;
  RuleFile allow_file_, mute_file_;
  DurationNs update_;
  std::uint64_t opened_max_;
  std::uint8_t least_ = 0;
  AllowList allow_list_;
  MuteList mute_list_;
  std::shared_ptr<LiveMutes> live_;  // of the process; null: there are none
  std::uint64_t live_seen_ = 0;
  std::shared_ptr<const MuteList> live_list_;
  Reload reload_;
  Note note_ = note_on_stderr();
  std::vector<EventReader> readers_;  // one an input
  EventWriter writer_;
  std::map<std::uint64_t, Told> told_;    // open events that readers know of, by id
  std::map<std::string, Opened> opened_;  // by detector
  std::array<Counter*, 5> left_out_{};
};

constexpr std::array<std::string_view, severities> severity_names = {"info", "low", "medium",
                                                                     "high", "critical"};

std::string_view EventsBolt::label_of(std::uint8_t severity) { return severity_names[severity]; }

Result<Declaration> declare_events(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(AllowList::parse(options.list("allow")));
  DNSTORM_CHECK(MuteList::parse(options.list("mute")));
  Declaration declaration;
  declaration.restorable = true;
  declaration.single_task = true;
  declaration.outputs.push_back({"default", event_fields()});
  for (const InputDecl& input : inputs) {
    std::vector<std::string>& reads = declaration.reads.emplace_back();
    for (const Field& wanted : event_fields()) {
      auto index = input.schema.find(wanted.name);
      if (!index || input.schema.field(*index).type != wanted.type)
        return Error{ErrorKind::config,
                     fmt::format("stream '{}' of '{}' is no stream of events: its field '{}' is "
                                 "missing or of another type; events reads what detectors write",
                                 input.stream, input.component, wanted.name),
                     ""};
      reads.push_back(wanted.name);
    }
  }
  return declaration;
}

}  // namespace

OperatorDef events_operator() {
  OperatorDef def;
  def.name = "events";
  def.summary = "Puts the events of detectors together, without what is allowed, muted or small.";
  def.options = {
      {"allow", OptionType::list, "", "domains (with all below them) and networks without events"},
      {"allow_file", OptionType::text, "", "the same from a file, words parted by blanks"},
      {"mute", OptionType::list, "", "rules UNTIL DETECTOR KEY; until then it is not told of"},
      {"mute_file", OptionType::text, "", "the same from a file, a rule a line"},
      {"reload", OptionType::duration, "10s",
       "how often it looks whether the files have changed, in processing time; 0s: never"},
      {.name = "severity",
       .type = OptionType::choice,
       .default_text = "low",
       .help = "the least that is told of",
       .choices = {severity_names.begin(), severity_names.end()}},
      {"update", OptionType::duration, "60s",
       "an event is told of again at most so often, unless it becomes more severe"},
      {.name = "opened_max",
       .type = OptionType::integer,
       .default_text = "100",
       .help = "events of a detector that are opened in ten minutes; 0: no limit",
       .max = 1e9},
  };
  def.example =
      "- id: events\n"
      "  className: events\n"
      "  properties: {severity: medium, mute_file: mutes.txt}\n";
  def.declare = declare_events;
  def.make_bolt = [](const Options& options) { return std::make_unique<EventsBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
