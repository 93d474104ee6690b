#include "cli/board_capacity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "cli/advice_output.hpp"
#include "cli/board_data.hpp"
#include "cli/capacity_json.hpp"
#include "cli/shell_word.hpp"

namespace dnstorm::cli {

namespace {

using operators::AdviceQuestion;

constexpr DurationNs read_again_after = 60 * ns_per_s;
constexpr DurationNs read_part = 20;  // of the time reading may take one such part
constexpr std::size_t answers_max = 64;
constexpr std::size_t servers_max = 64;  // as of the command
constexpr const char* calendar_path = "/capacity.ics";

Result<double> number_of(const std::string& name, const std::string& text, double min, double max,
                         bool whole) {
  char* end = nullptr;
  double number = std::strtod(text.c_str(), &end);
  bool good = !text.empty() && *end == 0 && number >= min && number <= max;
  if (good && (!whole || number == std::floor(number))) return number;
  return wrong_option(name, fmt::format("'{}' is no {}number from {} to {}", text,
                                        whole ? "whole " : "", min, max));
}

}  // namespace

// A request, understood.
struct BoardCapacity::Asked {
  QuestionText text;
  std::string server;
  int weeks_seen = 4;
  std::size_t calendar_windows = 1;
};

ApiAnswer BoardCapacity::answer(const ApiRequest& request) {
  bool calendar = request.path == calendar_path;
  if (!calendar && !request.path.empty() && request.path != "/")
    return data_problem(404, "there is nothing more below capacity than capacity.ics");
  auto asked = read(request);
  if (!asked.ok()) return data_problem(asked.error());
  std::lock_guard lock(mutex_);
  auto known = know();
  if (!known.ok()) return data_problem(known.error());
  std::string key = request.path;
  for (const auto& [name, value] : request.query)
    key += fmt::format("\n{}={} {}", name, value.size(), value);
  if (auto found = answers_.find(key); found != answers_.end()) return found->second;
  auto made = work_out(*asked, calendar);
  if (!made.ok()) return data_problem(made.error());
  if (answers_.size() >= answers_max) answers_.clear();
  return answers_[key] = *made;
}

Result<BoardCapacity::Asked> BoardCapacity::read(const ApiRequest& request) const {
  Asked asked;
  QuestionText& text = asked.text;
  text.prefix = "";
  text.limits = source_.limits;
  text.share = source_.share;
  for (const auto& [name, value] : request.query) {
    auto number = [&](double min, double max, bool whole = true) {
      return number_of(name, value, min, max, whole);
    };
    if (value.empty()) continue;
    if (name == "server")
      asked.server = value;
    else if (name == "drain")
      text.away = {value};
    else if (name == "limit")
      text.limits.push_back(value);
    else if (name == "holiday")
      text.holidays.push_back(value);
    else if (name == "window")
      text.window = value;
    else if (name == "now")
      text.now = value;
    else if (name == "move")
      text.move = value;
    else if (name == "weeks")
      text.weeks = static_cast<int>(DNSTORM_TRY(number(1, 52)));
    else if (name == "top")
      text.top = static_cast<std::size_t>(DNSTORM_TRY(number(1, 20)));
    else if (name == "seen")
      asked.weeks_seen = static_cast<int>(DNSTORM_TRY(number(1, 53)));
    else if (name == "windows")
      asked.calendar_windows = static_cast<std::size_t>(DNSTORM_TRY(number(1, 20)));
    else if (name == "share")
      text.share = DNSTORM_TRY(number(1, 100, false));
    else if (name == "risk")
      text.risk = DNSTORM_TRY(number(0, 100, false));
    else if (name == "threshold")
      text.threshold = DNSTORM_TRY(number(0, 1e12, false));
    else
      return wrong_option(name, "there is no such argument");
  }
  if (text.move != "by-load" && text.move != "by-limit" && text.move != "evenly")
    return wrong_option("move", "is by-load, by-limit or evenly");
  return asked;
}

Result<void> BoardCapacity::know() {
  TimeNs begin = clock_.steady_ns();
  if (read_ && begin < next_) return {};
  auto done = read_file();
  TimeNs end = clock_.steady_ns();
  next_ = end + std::max(read_again_after, read_part * (end - begin));
  // A file that cannot be read is tried again with the next question.
  read_ = done.ok();
  return done;
}

Result<void> BoardCapacity::read_file() {
  answers_.clear();
  pasts_.clear();
  response_times_.clear();
  operators::MinuteRows rows, response_times;
  auto done = read_store(source_.store, source_.names, time_min, rows);
  // The sink makes the file and the first window its points: before that nothing is known yet.
  if (!done.ok() && done.error().kind == ErrorKind::no_input) return {};
  DNSTORM_CHECK(std::move(done));
  pasts_ = rows.take(servers_max);
  if (source_.response_time.empty()) return {};
  DNSTORM_CHECK(
      read_store_values(source_.store, source_.names, source_.response_time, response_times));
  response_times_ = response_times.take(servers_max);
  return {};
}

Result<AdviceQuestion> BoardCapacity::question_of(const Asked& asked) const {
  AdviceQuestion question = DNSTORM_TRY(read_question(asked.text));
  question.focus = asked.server;
  if (pasts_.empty()) return question;
  // The topology's limits may be of servers that nothing is known of yet.
  AdviceQuestion named;
  named.away = {asked.text.away.empty() ? std::string() : asked.text.away[0]};
  DNSTORM_CHECK(check_names(named, pasts_, ""));
  named.away = {asked.server};
  DNSTORM_CHECK(check_names(named, pasts_, ""));
  return question;
}

Result<ApiAnswer> BoardCapacity::work_out(const Asked& asked, bool calendar) const {
  AdviceQuestion question = DNSTORM_TRY(question_of(asked));
  operators::Advice advice = operators::advise(pasts_, question);
  if (calendar)
    return ApiAnswer{.type = "text/calendar; charset=utf-8",
                     .body = advice_calendar(advice, asked.calendar_windows)};
  return ApiAnswer{.body = capacity_json({.advice = advice,
                                          .pasts = pasts_,
                                          .response_times = response_times_,
                                          .weeks_seen = asked.weeks_seen,
                                          .response_time = source_.response_time,
                                          .command = command(asked)})};
}

std::string BoardCapacity::command(const Asked& asked) const {
  const QuestionText& text = asked.text;
  const PointNames& names = source_.names;
  const QuestionText usual;
  std::string command = "dnstorm advise " + shell_word(source_.store);
  auto add = [&](const char* option, const std::string& value, const std::string& otherwise) {
    if (value != otherwise) command += fmt::format(" {} {}", option, shell_word(value));
  };
  add("--measurement", names.measurement, PointNames{}.measurement);
  add("--latency", names.latency, "");
  add("--drops", names.drops, "");
  add("--window", text.window, "");
  add("--weeks", fmt::format("{}", text.weeks), "");
  add("--top", fmt::format("{}", text.top), fmt::format("{}", usual.top));
  add("--share", fmt::format("{}", text.share), fmt::format("{}", usual.share));
  add("--risk", fmt::format("{}", text.risk), fmt::format("{}", usual.risk));
  add("--threshold", fmt::format("{}", text.threshold), fmt::format("{}", usual.threshold));
  for (const std::string& limit : text.limits) {
    std::size_t mark = limit.rfind('=');
    if (mark == std::string::npos || pasts_.contains(limit.substr(0, mark)))
      add("--limit", limit, "");
  }
  for (const std::string& away : text.away) add("--away", away, "");
  add("--move", text.move, usual.move);
  for (const std::string& day : text.holidays) add("--holiday", day, "");
  add("--now", text.now, "");
  return command + " --json";
}

}  // namespace dnstorm::cli
