#include "cli/advise_question.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "engine/base/parse_time.hpp"

namespace dnstorm::cli {

namespace {

using operators::AdviceQuestion;
using operators::LoadMove;
using operators::Pasts;

// "50000" or "ns1=50000", in queries a second.
Result<std::map<std::string, double>> limits_of(const QuestionText& words) {
  std::map<std::string, double> limits;
  for (const std::string& text : words.limits) {
    std::size_t mark = text.rfind('=');
    std::string name = mark == std::string::npos ? "" : text.substr(0, mark);
    std::string number = mark == std::string::npos ? text : text.substr(mark + 1);
    char* end = nullptr;
    double limit = std::strtod(number.c_str(), &end);
    if (number.empty() || *end != 0 || !(limit > 0) || !std::isfinite(limit))
      return wrong_option(words.prefix + "limit",
                          fmt::format("'{}' is no number of queries a second such as 50000 or "
                                      "ns1=50000",
                                      text));
    limits[name] = 60 * limit;
  }
  return limits;
}

Result<std::set<std::int64_t>> holidays_of(const QuestionText& words) {
  std::set<std::int64_t> days;
  for (const std::string& text : words.holidays) {
    auto time = parse_time(text);
    if (!time || text.size() != 10)
      return wrong_option(words.prefix + "holiday",
                          fmt::format("'{}' is no day such as 2026-12-25", text));
    days.insert(operators::day_of(operators::hour_of(*time)));
  }
  return days;
}

}  // namespace

Error wrong_option(const std::string& option, const std::string& what) {
  return {ErrorKind::usage, fmt::format("{}: {}", option, what), option};
}

Result<DurationNs> read_duration(const std::string& option, const std::string& text, DurationNs min,
                                 DurationNs max) {
  auto duration = parse_duration(text);
  if (duration && *duration >= min && *duration <= max) return *duration;
  return wrong_option(option, fmt::format("'{}' is no time from {} to {}", text,
                                          format_duration(min), format_duration(max)));
}

Result<std::optional<TimeNs>> read_time(const std::string& option, const std::string& text) {
  if (text.empty()) return std::optional<TimeNs>();
  auto time = parse_time(text);
  if (time) return time;
  return wrong_option(
      option, fmt::format("'{}' is no time such as 2026-11-21 or 2026-11-21T19:00:00Z", text));
}

Result<AdviceQuestion> read_question(const QuestionText& text) {
  AdviceQuestion question;
  question.window =
      DNSTORM_TRY(read_duration(text.prefix + "window", text.window, operators::ns_per_minute,
                                operators::hours_per_week / 2 * operators::ns_per_hour));
  question.weeks = text.weeks;
  auto now = DNSTORM_TRY(read_time(text.prefix + "now", text.now));
  if (now) question.now = operators::hour_of(*now + operators::ns_per_hour - 1);
  question.limits = DNSTORM_TRY(limits_of(text));
  question.share = text.share / 100;
  question.threshold = 60 * text.threshold;
  question.risk_max = text.risk / 100;
  question.top = text.top;
  question.move = text.move == "by-limit" ? LoadMove::by_limit
                  : text.move == "evenly" ? LoadMove::evenly
                                          : LoadMove::by_load;
  question.away = text.away;
  question.holidays = DNSTORM_TRY(holidays_of(text));
  return question;
}

Result<void> check_names(const AdviceQuestion& question, const Pasts& pasts,
                         const std::string& prefix) {
  auto check = [&](const char* option, const std::string& name) -> Result<void> {
    if (name.empty() || pasts.contains(name)) return {};
    std::string known;
    for (const auto& [server, past] : pasts) known += (known.empty() ? "" : ", ") + server;
    return wrong_option(prefix + option,
                        fmt::format("nothing is known of '{}'; there are: {}", name, known));
  };
  for (const auto& [name, limit] : question.limits) DNSTORM_CHECK(check("limit", name));
  for (const std::string& name : question.away) DNSTORM_CHECK(check("away", name));
  return {};
}

}  // namespace dnstorm::cli
