#include "cli/capacity_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/advice_output.hpp"
#include "operators/season/seen.hpp"

namespace dnstorm::cli {

namespace {

using Json = nlohmann::ordered_json;
using operators::Hour;
using operators::hours_per_week;
using operators::LoadView;
using operators::Pasts;
using operators::start_of;

constexpr std::size_t shortages_max = 100;  // the newest
constexpr int weeks_sure = 3;               // from which on an attack is told from a habit

int hours_known(const operators::History& history) {
  int hours = 0;
  for (Hour hour = history.begin(); hour < history.end(); ++hour)
    hours += history.at(hour).minutes != 0 ? 1 : 0;
  return hours;
}

Json known_json(const Pasts& pasts) {
  Json known = Json::array();
  for (const auto& [name, past] : pasts)
    known.push_back({{"server", name},
                     {"hours", hours_known(past.history)},
                     {"from", format_time(start_of(past.history.begin()))},
                     {"to", format_time(start_of(past.history.end()))}});
  return known;
}

// Of the server in focus, or of all that were seen within the weeks: one that was taken away long
// ago leaves no hole in what the others did.
LoadView seen_of(const Pasts& pasts, const std::string& focus, Hour end, int weeks) {
  std::vector<const operators::History*> histories;
  for (const auto& [name, past] : pasts)
    if (focus.empty() ? past.history.end() > end - Hour{weeks} * hours_per_week : name == focus)
      histories.push_back(&past.history);
  return operators::seen_of(std::move(histories));
}

Hour end_of(const Pasts& pasts) {
  Hour end = 0;
  for (const auto& [name, past] : pasts) end = std::max(end, past.history.end());
  return end;
}

Json hours_json(const std::array<operators::SeenHour, hours_per_week>& hours,
                double (*scale)(double)) {
  Json list = Json::array();
  for (const operators::SeenHour& hour : hours)
    list.push_back(hour.weeks == 0 ? Json(nullptr)
                                   : Json{scale(hour.middle), scale(hour.peak), hour.weeks});
  return list;
}

// Quantiles of servers cannot be put together: of all the slowest one counts.
Json response_times_json(const CapacityNews& news, const std::string& focus, Hour end) {
  std::array<operators::SeenHour, hours_per_week> slowest{};
  for (const auto& [name, past] : news.response_times) {
    if (!focus.empty() && name != focus) continue;
    auto hours = operators::seen_hours(operators::seen_of({&past.history}), end, news.weeks_seen);
    for (std::size_t slot = 0; slot < hours.size(); ++slot)
      if (hours[slot].middle >= slowest[slot].middle && hours[slot].weeks != 0)
        slowest[slot] = hours[slot];
  }
  return {{"name", news.response_time},
          {"us", hours_json(slowest, [](double us) { return std::round(us); })}};
}

Json seen_json(const CapacityNews& news, const std::string& focus) {
  Hour end = end_of(news.pasts);
  LoadView view = seen_of(news.pasts, focus, end, news.weeks_seen);
  Json seen{{"weeks", news.weeks_seen},
            {"load", hours_json(operators::seen_hours(view, end, news.weeks_seen), advice_rate)}};
  if (!news.response_time.empty()) seen["response_time"] = response_times_json(news, focus, end);
  return seen;
}

Json past_json(const Pasts& pasts, const std::string& focus) {
  Json weeks = Json::array();
  for (const operators::SeenWeek& week :
       operators::seen_weeks(seen_of(pasts, focus, end_of(pasts), hours_per_week)))
    weeks.push_back({{"at", format_time(start_of(week.begin + hours_per_week / 2))},
                     {"p99", advice_rate(week.p99)},
                     {"hours", week.hours}});
  return weeks;
}

std::string span_of(int hours) {
  if (hours == 1) return "1 hour is";
  return hours < 48 ? fmt::format("{} hours are", hours) : fmt::format("{} days are", hours / 24);
}

std::string wanting(const CapacityNews& news, const std::string& focus) {
  int hours = 0;
  for (const auto& [name, past] : news.pasts)
    if (focus.empty() || name == focus) hours = std::max(hours, hours_known(past.history));
  if (hours == 0)
    return "No minute is known yet: the first one comes when its window closes. A forecast and "
           "quiet windows need a day of them, sure ones three weeks.";
  const auto& servers = news.advice.servers;
  bool advised =
      focus.empty() ? !servers.empty() : std::ranges::any_of(servers, [&](const auto& server) {
        return server.server == focus;
      });
  if (!advised)
    return fmt::format(
        "Only {} known so far. A forecast and quiet windows need a day, sure ones three weeks.",
        span_of(hours));
  if (hours < weeks_sure * hours_per_week)
    return fmt::format(
        "Only {} known so far: with less than three weeks an attack or a holiday "
        "is taken for a habit, and growth is not known.",
        span_of(hours));
  return "";
}

}  // namespace

std::string capacity_json(const CapacityNews& news) {
  std::string focus = news.advice.question.focus.value_or("");
  Json json = advice_object(news.advice);
  for (Json& server : json["servers"]) {
    // What is added may move the others.
    server["shortages_all"] = std::size_t{server["shortages"].size()};
    Json& short_of = server["shortages"];
    while (short_of.size() > shortages_max) short_of.erase(short_of.begin());
    bool alone = json["servers"].size() == 1;
    if (server["server"] != focus && !alone) server.erase("week");
  }
  json["focus"] = focus;
  json["command"] = news.command;
  json["known"] = known_json(news.pasts);
  json["wanting"] = wanting(news, focus);
  json["seen"] = seen_json(news, focus);
  json["past"] = past_json(news.pasts, focus);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace dnstorm::cli
