#include <fmt/format.h>

#include <cmath>

#include "cli/advice_output.hpp"
#include "cli/text_table.hpp"

namespace dnstorm::cli {

namespace {

using operators::Advice;
using operators::AwayAdvice;
using operators::CapacityForecast;
using operators::QuietWindow;
using operators::ServerAdvice;
using operators::Shortage;
using operators::WindowAdvice;

constexpr std::size_t shortages_max = 20;  // the newest; JSON has all

std::string rate(double per_minute) {
  double value = per_minute / 60;
  return value < 100 ? fmt::format("{:.2f}", value) : fmt::format("{:.0f}", value);
}
std::string per_cent(double part) {
  return part > 0 && part < 0.001 ? "<0.1 %" : fmt::format("{:.1f} %", 100 * part);
}
std::string name_of(const std::string& server) { return server.empty() ? "all together" : server; }
// "2026-11-27 20:00".
std::string minute(TimeNs time) {
  std::string text = format_time(time);
  return text.substr(0, 10) + " " + text.substr(11, 5);
}
std::string day(const std::optional<TimeNs>& time, operators::Hour now) {
  if (!time) return "not in 5 years";
  return *time <= operators::start_of(now) ? "now" : format_time(*time).substr(0, 10);
}
std::string source_name(operators::LimitSource source) {
  switch (source) {
    case operators::LimitSource::given:
      return "given";
    case operators::LimitSource::losses:
      return "losses";
    case operators::LimitSource::response_time:
      return "response times";
  }
  return "";
}

std::vector<std::string> dates(const CapacityForecast& capacity, double limit,
                               operators::Hour now) {
  if (limit <= 0) return {"", "", ""};
  return {day(capacity.expected, now), day(capacity.earliest, now), day(capacity.latest, now)};
}

std::string servers_text(const Advice& advice) {
  TextTable table({"server", ">weeks", ">p99 minute/s", ">growth a year", ">limit/s", "from",
                   fmt::format("passes {:.0f} %", 100 * advice.question.share), "earliest",
                   "latest"});
  for (const ServerAdvice& server : advice.servers) {
    std::vector<std::string> row{name_of(server.server), fmt::format("{}", server.weeks),
                                 rate(server.capacity.p99_now),
                                 fmt::format("{:+.0f} %", 100 * (server.capacity.growth - 1))};
    row.push_back(server.limit > 0 ? rate(server.limit) : "not known");
    row.push_back(server.limit > 0 && !server.server.empty() ? source_name(server.source) : "");
    for (std::string& date : dates(server.capacity, server.limit, advice.now))
      row.push_back(std::move(date));
    table.add(std::move(row));
  }
  return "Capacity: 99 of 100 minutes of the week have less than the p99 minute\n" + table.text();
}

std::string windows_text(const Advice& advice, const WindowAdvice& windows) {
  TextTable table({">", "begins", "next", ">expected/s", ">worst/s", ">risk", ">quiet before",
                   ">exceeded before"});
  for (std::size_t i = 0; i < windows.windows.size(); ++i) {
    const QuietWindow& window = windows.windows[i];
    table.add({fmt::format("{}", i + 1), operators::name_of_slot(window.slot),
               minute(operators::start_of(window.starts.front())), rate(window.expected),
               rate(window.worst), per_cent(window.risk),
               fmt::format("{} of {} weeks", window.weeks_quiet, window.weeks_known),
               fmt::format("{} of {} weeks", window.weeks_exceeded, window.weeks_known)});
  }
  std::string risk =
      windows.threshold > 0 ? fmt::format("a minute with more than {}/s", rate(windows.threshold))
      : windows.server.empty()
          ? fmt::format("a server passes {:.0f} % of its limit", 100 * advice.question.share)
          : fmt::format("another server, with its load, passes {:.0f} % of its limit",
                        100 * advice.question.share);
  return fmt::format("\nQuiet windows of {}, {} (UTC); risk: {}\n{}",
                     format_duration(advice.question.window), name_of(windows.server), risk,
                     table.text());
}

std::string away_text(const Advice& advice) {
  TextTable table({"away", "server", ">p99 minute/s", ">limit/s", ">of its limit",
                   fmt::format("passes {:.0f} %", 100 * advice.question.share), "earliest",
                   "latest"});
  for (const AwayAdvice& one : advice.away) {
    std::vector<std::string> row{one.away, one.server, rate(one.capacity.p99_now),
                                 one.limit > 0 ? rate(one.limit) : "not known",
                                 one.limit > 0 ? per_cent(one.capacity.p99_now / one.limit) : ""};
    for (std::string& date : dates(one.capacity, one.limit, advice.now))
      row.push_back(std::move(date));
    table.add(std::move(row));
  }
  return table.empty() ? ""
                       : "\nIf a server is away and its load moves to the others\n" + table.text();
}

std::string shortages_text(const Advice& advice) {
  TextTable table({"server", "from", "to", ">peak/s", ">of its limit", ">lost", ""});
  std::size_t left_out = 0;
  for (const ServerAdvice& server : advice.servers) {
    std::size_t first = server.shortages.size() - std::min(server.shortages.size(), shortages_max);
    left_out += first;
    for (std::size_t i = first; i < server.shortages.size(); ++i) {
      const Shortage& one = server.shortages[i];
      table.add({name_of(server.server), minute(operators::start_of(one.begin)),
                 minute(operators::start_of(one.end)), rate(one.peak),
                 server.limit > 0 ? per_cent(one.peak / server.limit) : "",
                 fmt::format("{:.0f}", one.drops), one.unusual ? "unusual load" : ""});
    }
  }
  if (table.empty()) return "";
  std::string text = "\nWhen capacity was short\n" + table.text();
  if (left_out != 0) text += fmt::format("{} older ones are left out; --json has them\n", left_out);
  return text;
}

}  // namespace

std::string advice_text(const Advice& advice) {
  std::string text;
  for (const std::string& server : advice.unknown)
    text += fmt::format("{}: less than a day is known, too little to say anything\n",
                        printable(server));
  if (advice.servers.empty()) return text;
  text += fmt::format("As of {} UTC\n", minute(operators::start_of(advice.now)));
  text += servers_text(advice);
  for (const WindowAdvice& windows : advice.windows) text += windows_text(advice, windows);
  return text + away_text(advice) + shortages_text(advice);
}

}  // namespace dnstorm::cli
