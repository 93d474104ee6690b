#include "operators/multilang/shell_child.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>

namespace dnstorm::operators {

namespace {

// How long one wait is at most: the clock that a test turns knows nothing of poll().
constexpr DurationNs slice = 50 * ns_per_ms;
constexpr std::size_t metrics_max = 100;
constexpr std::size_t error_line_max = 4096;
constexpr std::string_view levels[] = {"trace", "debug", "info", "warn", "error"};

std::int64_t whole_number(const std::string& text, std::int64_t otherwise) {
  std::int64_t number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Result<std::string> make_pid_dir() {
  std::error_code none;
  std::string path = (std::filesystem::temp_directory_path(none) / "dnstorm-pids-XXXXXX").string();
  if (::mkdtemp(path.data()) != nullptr) return path;
  return Error{ErrorKind::io, fmt::format("cannot make {}: {}", path, std::strerror(errno)), {}};
}

}  // namespace

ShellSettings ShellSettings::of(const Options& options, const TaskContext& task,
                                std::vector<StreamDecl> streams) {
  ShellSettings settings;
  settings.process = {options.list("command"), options.list("env"), options.text("directory")};
  settings.parts = {std::move(streams), options.list("conf"), {}};
  settings.timeout = options.duration("timeout");
  if (settings.timeout == 0)
    settings.timeout =
        whole_number(setting_of(task, "topology.subprocess.timeout.secs"), 30) * ns_per_s;
  auto level = std::find(std::begin(levels), std::end(levels), options.text("log_level"));
  settings.log_level = static_cast<int>(level - std::begin(levels));
  return settings;
}

ShellChild::ShellChild(ShellSettings settings, const TaskContext& task, Note note)
    : settings_(std::move(settings)),
      task_(task),
      note_(std::move(note)),
      logged_(&task.counter("log_messages")),
      errors_told_(&task.counter("errors_reported")),
      metrics_dropped_(&task.counter("metrics_dropped")) {}

ShellChild::~ShellChild() {
  process_.reset();
  remove_pid_dir();
}

void ShellChild::remove_pid_dir() {
  std::error_code ignored;
  if (!pid_dir_.empty()) std::filesystem::remove_all(pid_dir_, ignored);
  pid_dir_.clear();
}

Result<void> ShellChild::start() {
  process_.reset();
  remove_pid_dir();
  pid_dir_ = DNSTORM_TRY(make_pid_dir());
  process_ = DNSTORM_TRY(ChildProcess::start(settings_.process));
  frames_ = FrameReader();
  outbox_.clear();
  over_ = too_long_ = input_closed_ = ended_well_ = after_error_ = sync_in_doubt_ = false;
  errors_.clear();
  last_line_.clear();
  last_error_.clear();
  return shake_hands();
}

Result<void> ShellChild::shake_hands() {
  send(make_handshake(task_, settings_.parts, pid_dir_));
  Command first = DNSTORM_TRY(receive());
  if (std::holds_alternative<PidCommand>(first)) return {};
  return fail(ErrorKind::data, "the child does not begin with its pid, as the protocol asks");
}

Result<Command> ShellChild::receive() {
  TimeNs heard = task_.clock->steady_ns();
  for (;;) {
    while (auto text = frames_.take()) {
      heard = task_.clock->steady_ns();
      auto command = parse_command(*text);
      if (!command.ok()) return fail(ErrorKind::data, command.error().what);
      sync_in_doubt_ = after_error_ && std::holds_alternative<SyncCommand>(*command);
      after_error_ = std::holds_alternative<ErrorCommand>(*command);
      if (!attend(*command)) return command;
    }
    if (too_long_)
      return fail(ErrorKind::data, fmt::format("the child sends a message without end, longer than "
                                               "{} bytes",
                                               frame_bytes_max));
    if (over_) return end();
    DurationNs left = settings_.timeout - (task_.clock->steady_ns() - heard);
    if (left <= 0)
      return fail(ErrorKind::unavailable,
                  fmt::format("the child has said nothing for {} and was killed",
                              format_duration(settings_.timeout)));
    pump(std::min(left, slice));
  }
}

void ShellChild::wait(DurationNs at_most) {
  if (!over_) pump(at_most);
}

void ShellChild::close_input() {
  input_closed_ = true;
  if (process_ && outbox_.empty()) process_->close_input();
}

void ShellChild::pump(DurationNs at_most) {
  process_->wait(!outbox_.empty(), at_most);
  for (std::string_view bytes = outbox_.next(); !bytes.empty(); bytes = outbox_.next()) {
    std::size_t written = process_->write(bytes);
    outbox_.written(written);
    if (written < bytes.size()) break;
  }
  if (input_closed_ && outbox_.empty()) process_->close_input();
  take_output();
  take_errors();
}

void ShellChild::take_output() {
  // Asked first: what a child that has ended wrote before is all there then.
  bool gone = process_->gone();
  std::string bytes;
  bool open = process_->read_output(bytes);
  too_long_ = !frames_.feed(bytes);
  over_ = !open || (gone && bytes.empty());
}

void ShellChild::take_errors() {
  process_->read_errors(errors_);
  tell_errors(false);
}

void ShellChild::tell_errors(bool all) {
  std::size_t from = 0;
  for (;;) {
    std::size_t end = errors_.find('\n', from);
    bool cut = end == std::string::npos;
    if (cut && !all && errors_.size() - from < error_line_max) break;
    if (cut) end = std::min(errors_.size(), from + error_line_max);
    std::string line = errors_.substr(from, end - from);
    from = std::min(end + (cut ? 0 : 1), errors_.size());
    if (!line.empty()) {
      note_(fmt::format("{}: {}", task_.component, line));
      last_line_ = std::move(line);
    }
    if (from == errors_.size()) break;
  }
  errors_.erase(0, from);
}

bool ShellChild::attend(const Command& command) {
  if (const auto* log = std::get_if<LogCommand>(&command)) {
    logged_->add();
    int level = std::clamp(log->level, 0, 4);
    if (level >= settings_.log_level)
      note_(fmt::format("{}: {}: {}", task_.component, levels[level], log->text));
    return true;
  }
  if (const auto* error = std::get_if<ErrorCommand>(&command)) {
    errors_told_->add();
    note_(fmt::format("{}: error: {}", task_.component, error->text));
    last_error_ = error->text;
    return true;
  }
  if (const auto* metric = std::get_if<MetricsCommand>(&command)) {
    count_metric(*metric);
    return true;
  }
  return false;
}

// Whole numbers add up, as Storm's counting metric has them; anything else is one occurrence.
void ShellChild::count_metric(const MetricsCommand& metric) {
  std::string name = "metric." + metric.name;
  std::vector<NamedValue> known = task_.counters->values();
  bool is_known =
      std::any_of(known.begin(), known.end(), [&](const auto& one) { return one.name == name; });
  if (!is_known && metrics_ == metrics_max) return metrics_dropped_->add();
  if (!is_known) ++metrics_;
  Counter& counter = task_.counter(name);
  counter.add(metric.value.is_number_unsigned() ? metric.value.get<std::uint64_t>() : 1);
}

std::string ShellChild::last_words() const {
  if (!last_line_.empty()) return fmt::format("; it said last: {}", excerpt(last_line_));
  if (last_error_.empty()) return {};
  std::string_view text = last_error_;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  // The last line of a trace says what happened.
  return fmt::format("; it said last: {}", excerpt(text.substr(text.rfind('\n') + 1)));
}

// Its output has ended: so has the child, or it will soon.
Error ShellChild::end() {
  TimeNs since = task_.clock->steady_ns();
  while (!process_->gone() && task_.clock->steady_ns() - since < settings_.timeout) {
    process_->wait(false, slice);
    take_errors();
  }
  if (!process_->gone())
    return fail(ErrorKind::unavailable, "the child has closed its output and was killed");
  const ChildProcess::Exit exit = *process_->exit();
  take_errors();
  tell_errors(true);
  ended_well_ = exit.signal == 0 && (exit.code == 0 || input_closed_);
  std::string what =
      fmt::format("the child ({}) {}", fmt::join(settings_.process.command, " "), exit.text());
  std::string_view rest = frames_.rest();
  if (last_line_.empty() && rest.find_first_not_of(" \n") != std::string_view::npos)
    what += fmt::format(" in the middle of a message: {}", excerpt(rest));
  return fail(ErrorKind::unavailable, what + last_words());
}

Error ShellChild::fail(ErrorKind kind, const std::string& what) {
  if (process_) take_errors();
  tell_errors(true);
  over_ = true;
  outbox_.clear();
  process_.reset();
  remove_pid_dir();
  return {kind, what, {}};
}

}  // namespace dnstorm::operators
