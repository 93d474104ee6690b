#include "operators/count/aggregate.hpp"

#include <algorithm>
#include <numeric>

#include "operators/number.hpp"

namespace dnstorm::operators {

namespace {

// More would be a window of a day by milliseconds: as many states are kept.
constexpr DurationNs panes_max = 100'000;

bool needs_time(const Options& options) {
  WindowSpec spec = window_spec(options);
  return spec.axis != WindowAxis::processing_time && !spec.shape.whole();
}

Error unusable(const char* name, const std::string& why) {
  return {ErrorKind::config, fmt::format("option '{}' {}", name, why), name};
}

Error beside(const char* name, const char* other) {
  return unusable(name, fmt::format("has no meaning beside '{}'; leave one of them out", other));
}

Result<void> check_together(const Options& options) {
  for (const char* name : {"window", "slide", "clock", "lateness"})
    if (options.given("count_window") && options.given(name)) return beside(name, "count_window");
  if (options.given("count_slide") && !options.given("count_window"))
    return unusable("count_slide", "is the step of a 'count_window', which is not given");
  if (options.text("clock") == "processing" && options.given("lateness"))
    return unusable("lateness", "has no meaning with clock: processing, where no row is late");
  return {};
}

Result<void> check_windows(const Options& options) {
  DNSTORM_CHECK(check_together(options));
  if (options.given("slide"))
    DNSTORM_CHECK(check_slide("slide", options.duration("window"), options.duration("slide")));
  if (options.given("count_slide"))
    DNSTORM_CHECK(check_slide("count_slide", options.integer("count_window"),
                              options.integer("count_slide")));
  return {};
}

}  // namespace

Result<void> check_slide(const char* name, DurationNs length, DurationNs slide) {
  if (slide <= 0 || slide > length)
    return unusable(name,
                    "must be above 0 and at most as long as the window, or rows between the "
                    "windows would be in none");
  if (length / std::gcd(length, slide) > panes_max)
    return unusable(name, fmt::format("cuts the window into more than {} panes; take one that "
                                      "divides it into fewer",
                                      panes_max));
  return {};
}

std::vector<OptionSpec> window_options() {
  OptionSpec window{"window", OptionType::duration, "10s",
                    "width of the windows of time; 0s: one window over the whole input"};
  OptionSpec slide{"slide", OptionType::duration, "",
                   "from one window's end to the next; by default the window's width: tumbling"};
  OptionSpec count_window{.name = "count_window",
                          .type = OptionType::integer,
                          .default_text = "",
                          .help = "windows of so many rows, instead of time; one task",
                          .min = 1,
                          .max = 1e15};
  OptionSpec count_slide{.name = "count_slide",
                         .type = OptionType::integer,
                         .default_text = "",
                         .help = "rows from one window's end to the next; by default count_window",
                         .min = 1,
                         .max = 1e15};
  OptionSpec clock{.name = "clock",
                   .type = OptionType::choice,
                   .default_text = "event",
                   .help = "the time of a row: its event time, or when it is processed",
                   .choices = {"event", "processing"}};
  OptionSpec time{"time", OptionType::text, "time", "the field that holds the event time of a row"};
  OptionSpec lateness{
      "lateness", OptionType::duration, "0s",
      "how far the watermark must be past a window's end before the window is closed"};
  return {window, slide, count_window, count_slide, clock, time, lateness};
}

Result<void> check_session(const Options& options) {
  if (!options.given("session")) return {};
  for (const char* name : {"window", "slide", "count_window", "count_slide", "clock"})
    if (options.given(name)) return beside(name, "session");
  if (options.list("by").empty())
    return unusable("session",
                    "is a time without rows of a key, so 'by' must name the key's fields");
  if (options.duration("session") == 0) return unusable("session", "must be above 0");
  return {};
}

OptionSpec session_option() {
  return {"session", OptionType::duration, "",
          "instead of windows, sessions per key: a gap of this length without rows ends one"};
}

std::vector<MethodDef> window_methods() {
  return {{"withTumblingWindow", {"window"}},
          {"withWindow", {"window", "slide"}},
          {"withTimestampField", {"time"}},
          {"withLag", {"lateness"}}};
}

WindowSpec window_spec(const Options& options) {
  if (options.given("count_window")) {
    std::int64_t rows = options.integer("count_window");
    std::int64_t slide = options.given("count_slide") ? options.integer("count_slide") : rows;
    return {WindowAxis::row_number, WindowShape(rows, slide), 0};
  }
  DurationNs length = options.duration("window");
  DurationNs slide = options.given("slide") ? options.duration("slide") : length;
  bool processing = options.text("clock") == "processing";
  return {processing ? WindowAxis::processing_time : WindowAxis::event_time,
          WindowShape(length, slide), options.duration("lateness")};
}

LateRows late_rows(const TaskContext& task) {
  return {task.counter("late_rows"), task.outputs.size() - 1};
}

Result<std::vector<Field>> common_fields(const std::vector<InputDecl>& inputs,
                                         const std::vector<std::string>& names,
                                         const std::string& subject) {
  std::vector<Field> fields;
  for (const std::string& name : names) {
    Field first;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Field field = DNSTORM_TRY(require_field(inputs[i], name, subject));
      if (i == 0) first = field;
      if (field.type != first.type)
        return Error{
            ErrorKind::config,
            fmt::format("field '{}' is {} in stream '{}' of '{}' and {} in stream '{}' of '{}'; "
                        "one operator can only take fields of one type together",
                        name, to_string(first.type), inputs[0].stream, inputs[0].component,
                        to_string(field.type), inputs[i].stream, inputs[i].component),
            subject};
    }
    fields.push_back(std::move(first));
  }
  return fields;
}

Result<Field> common_number(const std::vector<InputDecl>& inputs, const std::string& name,
                            const std::string& subject) {
  Field field = DNSTORM_TRY(common_fields(inputs, {name}, subject)).front();
  if (is_unsigned(field.type)) return field;
  return Error{
      ErrorKind::config,
      fmt::format("field '{}' is of type {}; '{}' adds up fields of type u8, u16, u32 or u64", name,
                  to_string(field.type), subject),
      subject};
}

Result<Field> common_real(const std::vector<InputDecl>& inputs, const std::string& name,
                          const std::string& subject) {
  Field field = DNSTORM_TRY(common_fields(inputs, {name}, subject)).front();
  if (is_number(field.type)) return field;
  return Error{ErrorKind::config,
               fmt::format("field '{}' is of type {}; '{}' takes fields of type u8, u16, u32, u64, "
                           "i64 or f64",
                           name, to_string(field.type), subject),
               subject};
}

Result<Declaration> declare_windowed(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(check_windows(options));
  Declaration declaration;
  declaration.restorable = true;
  // Numbers of rows, and processing time, are the task's own.
  bool by_event_time = !options.given("count_window") && options.text("clock") != "processing";
  declaration.state = by_event_time ? StateScope::keyed : StateScope::task;
  declaration.single_task = options.given("count_window");
  declaration.reads.resize(inputs.size());
  if (needs_time(options)) DNSTORM_CHECK(read_time(declaration, options, inputs, "windows"));
  declaration.outputs.push_back({"default", window_fields()});
  // Rows of several inputs are not of one stream.
  if (inputs.size() == 1) declaration.outputs.push_back({"late", inputs[0].schema.fields(), true});
  return declaration;
}

std::vector<Field> window_fields() {
  Field window{
      .name = "window", .type = Type::time, .role = Role::time, .help = "start of the window"};
  Field window_end{.name = "window_end",
                   .type = Type::time,
                   .role = Role::window_end,
                   .help = "end of the window"};
  return {window, window_end};
}

Result<void> read_time(Declaration& declaration, const Options& options,
                       const std::vector<InputDecl>& inputs, const std::string& who) {
  const std::string& name = options.text("time");
  Field time = DNSTORM_TRY(common_fields(inputs, {name}, "time")).front();
  if (time.type != Type::time)
    return Error{ErrorKind::config,
                 fmt::format("field '{}' is of type {}, {} need one of type time", name,
                             to_string(time.type), who),
                 "time"};
  read_from_all(declaration, {name});
  return {};
}

void read_from_all(Declaration& declaration, const std::vector<std::string>& names) {
  for (auto& reads : declaration.reads)
    for (const std::string& name : names)
      if (std::find(reads.begin(), reads.end(), name) == reads.end()) reads.push_back(name);
}

Result<void> check_output_names(const StreamDecl& stream, const std::string& subject) {
  for (std::size_t i = 0; i < stream.fields.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (stream.fields[i].name == stream.fields[j].name)
        return Error{
            ErrorKind::config,
            fmt::format("the result would have two fields named '{}'; leave '{}' out of '{}'",
                        stream.fields[i].name, stream.fields[i].name, subject),
            subject};
  return {};
}

FieldRef<std::int64_t> time_ref(const Options& options, const Schema& schema) {
  if (!needs_time(options)) return {};
  return schema.ref<std::int64_t>(options.text("time"));
}

}  // namespace dnstorm::operators
