// The minutes of an InfluxDB 1, or of a later one with the same query interface.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/minute_history.hpp"
#include "operators/sinks/influx_answer.hpp"

namespace dnstorm::cli {

namespace {

using operators::HttpAnswer;
using operators::HttpRequest;
using operators::HttpTransport;
using operators::MinuteRow;
using operators::MinuteRows;
using operators::percent_encode;

constexpr DurationNs week = operators::hours_per_week * operators::ns_per_hour;
constexpr std::size_t answer_bytes_max = std::size_t{256} << 20;

// InfluxQL: names in double quotes, values in single ones, both with backslashes.
std::string quoted(const std::string& text, char mark) {
  std::string out(1, mark);
  for (char c : text) {
    if (c == mark || c == '\\') out += '\\';
    out += c;
  }
  return out + mark;
}

struct Wanted {
  std::string measurement, field, aggregate;
  double MinuteRow::*value;
};

class InfluxReader {
 public:
  InfluxReader(const InfluxSource& source, const PointNames& names, HttpTransport& http,
               MinuteRows& rows)
      : source_(source), names_(names), http_(http), rows_(rows) {}

  Result<void> read(const Wanted& wanted, TimeNs since, TimeNs until) {
    for (TimeNs from = since; from < until; from += week)
      DNSTORM_CHECK(read_week(wanted, from, std::min(until, from + week)));
    return {};
  }

 private:
  std::string query(const Wanted& wanted, TimeNs from, TimeNs until) const {
    std::string where;
    for (const auto& [tag, value] : names_.where)
      where += fmt::format(" AND {}={}", quoted(tag, '"'), quoted(value, '\''));
    std::string place = quoted(wanted.measurement, '"');
    if (!source_.retention_policy.empty())
      place = quoted(source_.retention_policy, '"') + "." + place;
    return fmt::format(
        "SELECT {}({}) FROM {} WHERE time >= {} AND time < {}{} GROUP BY time({}s), {} fill(none)",
        wanted.aggregate, quoted(wanted.field, '"'), place, from, until, where,
        source_.window / ns_per_s, quoted(names_.server, '"'));
  }

  Result<void> read_week(const Wanted& wanted, TimeNs from, TimeNs until) {
    HttpRequest request;
    request.url =
        fmt::format("{}/query?db={}&epoch=ns&q={}", source_.url, percent_encode(source_.database),
                    percent_encode(query(wanted, from, until)));
    request.post = false;
    request.user = source_.user;
    request.password = source_.password;
    request.ca_file = source_.ca_file;
    request.timeout = 300 * ns_per_s;
    request.answer_bytes_max = answer_bytes_max;
    HttpAnswer answer = http_.exchange(request);
    if (answer.status != 200)
      return Error{answer.status == 401 || answer.status == 403 ? ErrorKind::permission
                                                                : ErrorKind::unavailable,
                   fmt::format("{}: {}", source_.url, operators::influx_message(answer)), "influx"};
    return take(answer.body, wanted);
  }

  // {"results":[{"series":[{"tags":{"server":"ns1"},"columns":["time","sum"],
  //   "values":[[1704067200000000000,5200],...]}]}]}
  Result<void> take(const std::string& body, const Wanted& wanted) {
    try {
      auto json = nlohmann::json::parse(body);
      const auto& result = json.at("results").at(0);
      if (result.contains("error"))
        return Error{ErrorKind::unavailable,
                     fmt::format("{}: {}", source_.url, result["error"].get<std::string>()),
                     "influx"};
      if (!result.contains("series")) return {};
      for (const auto& series : result["series"]) take_series(series, wanted);
      return {};
    } catch (const nlohmann::json::exception& problem) {
      return Error{
          ErrorKind::data,
          fmt::format("{}: its answer is none of InfluxDB 1: {}", source_.url, problem.what()),
          "influx"};
    }
  }

  void take_series(const nlohmann::json& series, const Wanted& wanted) {
    std::string server = series.contains("tags")
                             ? series["tags"].value(names_.server, std::string())
                             : std::string();
    if (server.empty()) server = "all";
    for (const auto& value : series.at("values")) {
      if (value.at(1).is_null()) continue;
      MinuteRow row;
      row.*wanted.value = value.at(1).get<double>();
      add_window(rows_, server, value.at(0).get<TimeNs>(), source_.window, row);
    }
  }

  const InfluxSource& source_;
  const PointNames& names_;
  HttpTransport& http_;
  MinuteRows& rows_;
};

Wanted wanted_of(const std::string& name, const char* aggregate, double MinuteRow::*value) {
  std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return {name, "p50", aggregate, value};
  return {name.substr(0, dot), name.substr(dot + 1), aggregate, value};
}

}  // namespace

Result<void> read_influx(const InfluxSource& source, const PointNames& names, TimeNs since,
                         TimeNs until, HttpTransport& http, MinuteRows& rows) {
  InfluxReader reader(source, names, http, rows);
  DNSTORM_CHECK(
      reader.read({names.measurement, names.field, "sum", &MinuteRow::count}, since, until));
  if (rows.empty())
    return Error{ErrorKind::no_input,
                 fmt::format("{}: database '{}' has no counts {}.{} from {} to {}; name some with "
                             "--measurement and --field",
                             source.url, source.database, names.measurement, names.field,
                             format_time(since), format_time(until)),
                 "influx"};
  if (!names.latency.empty())
    DNSTORM_CHECK(
        reader.read(wanted_of(names.latency, "mean", &MinuteRow::latency_us), since, until));
  if (!names.drops.empty())
    DNSTORM_CHECK(reader.read(wanted_of(names.drops, "sum", &MinuteRow::drops), since, until));
  return {};
}

}  // namespace dnstorm::cli
