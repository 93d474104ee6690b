#include "cli/advice_output.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "operators/season/calendar.hpp"
#include "operators/sinks/line_protocol.hpp"

namespace dnstorm::cli {

namespace {

using Json = nlohmann::ordered_json;
using operators::Advice;
using operators::AwayAdvice;
using operators::CapacityForecast;
using operators::Point;
using operators::PointField;
using operators::QuietWindow;
using operators::ServerAdvice;
using operators::Shortage;
using operators::start_of;
using operators::WindowAdvice;

// A second, of six digits: a forecast has no more.
double rate(double per_minute) {
  double value = per_minute / 60;
  if (value <= 0 || !std::isfinite(value)) return 0;
  double scale = std::pow(10.0, 5 - std::floor(std::log10(value)));
  return std::round(value * scale) / scale;
}

Json time_json(const std::optional<TimeNs>& time) {
  return time ? Json(format_time(*time)) : Json(nullptr);
}

const char* source_name(operators::LimitSource source) {
  switch (source) {
    case operators::LimitSource::given:
      return "given";
    case operators::LimitSource::losses:
      return "losses";
    case operators::LimitSource::response_time:
      return "response_time";
  }
  return "";
}

void put_capacity(Json& json, const CapacityForecast& capacity, double limit) {
  json["p99"] = rate(capacity.p99_now);
  json["p99_low"] = rate(capacity.p99_low);
  json["p99_high"] = rate(capacity.p99_high);
  json["growth_a_year"] = capacity.growth - 1;
  if (limit <= 0) return;
  json["limit"] = rate(limit);
  json["passes"] = {{"expected", time_json(capacity.expected)},
                    {"earliest", time_json(capacity.earliest)},
                    {"latest", time_json(capacity.latest)}};
}

Json week_json(const std::vector<operators::Band>& bands) {
  Json week = Json::array();
  for (const operators::Band& band : bands)
    week.push_back({rate(band.expected), rate(band.low), rate(band.high)});
  return week;
}

Json server_json(const ServerAdvice& server) {
  Json json{{"server", server.server}, {"weeks", server.weeks}};
  put_capacity(json, server.capacity, server.limit);
  if (server.limit > 0 && !server.server.empty()) json["limit_from"] = source_name(server.source);
  Json& shortages = json["shortages"] = Json::array();
  for (const Shortage& one : server.shortages)
    shortages.push_back({{"begin", format_time(start_of(one.begin))},
                         {"end", format_time(start_of(one.end))},
                         {"peak", rate(one.peak)},
                         {"lost", one.drops},
                         {"unusual", one.unusual}});
  json["week"] = week_json(server.week);
  if (server.ahead.empty()) return json;
  Json& ahead = json["ahead"] = Json::array();
  for (const operators::WeekAhead& one : server.ahead)
    ahead.push_back({{"at", format_time(start_of(one.middle))},
                     {"p99", rate(one.p99)},
                     {"low", rate(one.low)},
                     {"high", rate(one.high)}});
  return json;
}

Json windows_json(const WindowAdvice& advice, DurationNs length) {
  Json json{{"server", advice.server}};
  if (advice.threshold > 0) json["threshold"] = rate(advice.threshold);
  Json& windows = json["windows"] = Json::array();
  for (const QuietWindow& window : advice.windows) {
    Json starts = Json::array();
    for (operators::Hour start : window.starts) starts.push_back(format_time(start_of(start)));
    windows.push_back({{"begins", operators::name_of_slot(window.slot)},
                       {"seconds", length / ns_per_s},
                       {"starts", starts},
                       {"expected", rate(window.expected)},
                       {"worst", rate(window.worst)},
                       {"risk", window.risk},
                       {"weeks_known", window.weeks_known},
                       {"weeks_quiet", window.weeks_quiet},
                       {"weeks_exceeded", window.weeks_exceeded}});
  }
  return json;
}

// A line of measurement and tags; values that are none are left out.
class Lines {
 public:
  using Tags = std::vector<std::pair<std::string, std::string>>;
  void add(const std::string& measurement, const Tags& tags, TimeNs time,
           std::vector<PointField> fields) {
    Point point;
    operators::append_measurement(point.series, measurement);
    for (const auto& [name, value] : tags) {
      point.series += ',';
      operators::append_tag_text(point.series, name);
      point.series += '=';
      operators::append_tag_text(point.series, value);
    }
    point.time = time;
    point.fields = std::move(fields);
    operators::append_line(text_, point);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string tag_of(const std::string& server) { return server.empty() ? "all" : server; }

void put_server(Lines& lines, const ServerAdvice& server, operators::Hour now) {
  std::string tag = tag_of(server.server);
  std::vector<PointField> fields{{"p99", rate(server.capacity.p99_now)},
                                 {"growth_a_year", server.capacity.growth - 1}};
  if (server.limit > 0) fields.push_back({"limit", rate(server.limit)});
  auto days = [&](const char* name, const std::optional<TimeNs>& time) {
    if (server.limit > 0 && time)
      fields.push_back({name, static_cast<double>(*time - start_of(now)) / (24. * 3600e9)});
  };
  days("days_expected", server.capacity.expected);
  days("days_earliest", server.capacity.earliest);
  days("days_latest", server.capacity.latest);
  lines.add("season_capacity", {{"server", tag}}, start_of(now), std::move(fields));
  operators::Hour hour = now + operators::hours_per_week - 1;
  hour -= operators::hour_of_week(hour);
  for (const operators::Band& band : server.week)
    lines.add(
        "season_forecast", {{"server", tag}}, start_of(hour++),
        {{"expected", rate(band.expected)}, {"low", rate(band.low)}, {"high", rate(band.high)}});
}

void put_windows(Lines& lines, const WindowAdvice& advice, DurationNs length) {
  for (std::size_t i = 0; i < advice.windows.size(); ++i) {
    const QuietWindow& window = advice.windows[i];
    for (operators::Hour start : window.starts)
      lines.add("season_window",
                {{"rank", fmt::format("{}", i + 1)}, {"server", tag_of(advice.server)}},
                start_of(start),
                {{"end", start_of(start) + length},
                 {"expected", rate(window.expected)},
                 {"worst", rate(window.worst)},
                 {"risk", window.risk},
                 {"text", fmt::format("quiet window {} of {}", i + 1, tag_of(advice.server))}});
  }
}

}  // namespace

double advice_rate(double per_minute) { return rate(per_minute); }

Json advice_object(const Advice& advice) {
  Json json{{"now", format_time(start_of(advice.now))}, {"share", advice.question.share}};
  for (const char* list : {"servers", "windows", "away"}) json[list] = Json::array();
  for (const ServerAdvice& server : advice.servers) json["servers"].push_back(server_json(server));
  for (const WindowAdvice& windows : advice.windows)
    json["windows"].push_back(windows_json(windows, advice.question.window));
  for (const AwayAdvice& one : advice.away) {
    Json away{{"away", one.away}, {"server", one.server}};
    put_capacity(away, one.capacity, one.limit);
    if (!one.week.empty()) away["week"] = week_json(one.week);
    json["away"].push_back(std::move(away));
  }
  json["unknown"] = advice.unknown;
  return json;
}

std::string advice_json(const Advice& advice) {
  return advice_object(advice).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string advice_calendar(const Advice& advice, std::size_t windows_max) {
  std::vector<operators::CalendarEvent> events;
  for (const WindowAdvice& windows : advice.windows) {
    std::string server = windows.server.empty() ? "all servers" : windows.server;
    for (std::size_t i = 0; i < std::min(windows.windows.size(), windows_max); ++i) {
      const QuietWindow& window = windows.windows[i];
      for (operators::Hour start : window.starts)
        events.push_back(
            {.uid = fmt::format("{}-{}@{}.season.dnstorm", start, advice.question.window / ns_per_s,
                                tag_of(windows.server)),
             .start = start_of(start),
             .end = start_of(start) + advice.question.window,
             .summary = fmt::format("Quiet window {}: {}", i + 1, server),
             .description = fmt::format(
                 "Expected {:.1f} queries a second, the busiest minute below {:.1f} in 19 of 20 "
                 "windows. Risk {:.1f} %. Among the quietest tenth in {} of the last {} weeks.",
                 rate(window.expected), rate(window.worst), 100 * window.risk, window.weeks_quiet,
                 window.weeks_known)});
    }
  }
  return operators::calendar_text(events, start_of(advice.now), "-//dnstorm//season//EN");
}

std::string advice_points(const Advice& advice) {
  Lines lines;
  for (const ServerAdvice& server : advice.servers) put_server(lines, server, advice.now);
  for (const WindowAdvice& windows : advice.windows)
    put_windows(lines, windows, advice.question.window);
  return lines.take();
}

}  // namespace dnstorm::cli
