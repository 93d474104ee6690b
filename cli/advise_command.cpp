// dnstorm advise: when to do maintenance, and when more capacity is needed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/advice_output.hpp"
#include "cli/advise_question.hpp"
#include "cli/app.hpp"
#include "cli/minute_history.hpp"
#include "operators/sinks/secret.hpp"
#include "operators/whole_file.hpp"

namespace dnstorm::cli {

namespace {

using operators::AdviceQuestion;
using operators::Pasts;

struct AdviseArgs {
  std::vector<std::string> files;
  bool influx = false;
  InfluxSource source;
  PointNames names;
  std::vector<std::string> where;
  std::string history = "371d", interval = "60s", ports;
  QuestionText question;
  std::size_t servers = 64, calendar_windows = 1;
  bool json = false;
  std::string ics, points, save;
};

Result<std::string> whole_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Error{ErrorKind::no_input,
                 fmt::format("{}: cannot be read: {}", path, std::strerror(errno)), ""};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// What a file is, by its beginning.
Result<void> read_file(const std::string& path, const PointNames& names, TimeNs since,
                       operators::MinuteRows& rows, Pasts& pasts,
                       std::vector<std::string>& captures) {
  std::string head(16, '\0');
  std::ifstream file(path, std::ios::binary);
  if (file) file.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (head.starts_with("SQLite format 3")) return read_store(path, names, since, rows);
  if (!head.starts_with("dnstorm season")) {
    captures.push_back(path);
    return {};
  }
  std::string bytes = DNSTORM_TRY(whole_text(path));
  auto known = operators::read_season_file(bytes);
  if (!known.ok()) return Error(std::move(known.error())).within(path);
  merge(pasts, *known);
  return {};
}

Result<Pasts> read_all(const AdviseArgs& args, PointNames names) {
  for (const std::string& text : args.where) {
    std::size_t mark = text.find('=');
    if (mark == std::string::npos || mark == 0)
      return wrong_option("--where", fmt::format("'{}' is not TAG=VALUE", text));
    names.where.emplace_back(text.substr(0, mark), text.substr(mark + 1));
  }
  DurationNs history =
      DNSTORM_TRY(read_duration("--history", args.history, 24 * operators::ns_per_hour,
                                200 * operators::hours_per_week * operators::ns_per_hour));
  auto now = DNSTORM_TRY(read_time("--now", args.question.now));
  // The past of files ends where they end; only of a database the present has to be known.
  TimeNs since = now ? *now - history : time_min;
  Pasts pasts;
  operators::MinuteRows rows;
  std::vector<std::string> captures;
  for (const std::string& path : args.files)
    DNSTORM_CHECK(read_file(path, names, since, rows, pasts, captures));
  if (!captures.empty()) DNSTORM_CHECK(read_captures(captures, args.ports, rows));
  if (args.influx) {
    InfluxSource source = args.source;
    source.window = DNSTORM_TRY(read_duration("--interval", args.interval, operators::ns_per_minute,
                                              24 * operators::ns_per_hour));
    source.user = DNSTORM_TRY(operators::secret("advise", "--user", source.user));
    source.password = DNSTORM_TRY(operators::secret("advise", "--password", source.password));
    TimeNs until = now.value_or(SystemClock().wall_ns());
    auto http = operators::make_http_client();
    DNSTORM_CHECK(read_influx(source, names, until - history, until, *http, rows));
  }
  merge(pasts, rows.take(args.servers, static_cast<std::size_t>(history / operators::ns_per_hour)));
  return pasts;
}

Result<void> write(const std::string& path, const std::string& text) {
  if (path.empty()) return {};
  if (path == "-") {
    fmt::print("{}", text);
    return {};
  }
  return operators::write_whole_file("advise", path, text);
}

Result<void> advise(const AdviseArgs& args) {
  if (args.files.empty() && !args.influx)
    return wrong_option("files", "name a store, captures or a season file, or --influx URL");
  AdviceQuestion question = DNSTORM_TRY(read_question(args.question));
  Pasts pasts = DNSTORM_TRY(read_all(args, args.names));
  DNSTORM_CHECK(check_names(question, pasts, args.question.prefix));
  DNSTORM_CHECK(write(args.save, operators::season_file(pasts)));
  operators::Advice advice = operators::advise(pasts, question);
  DNSTORM_CHECK(write(args.ics, advice_calendar(advice, args.calendar_windows)));
  DNSTORM_CHECK(write(args.points, advice_points(advice)));
  if (args.ics != "-" && args.points != "-")
    fmt::print("{}", args.json ? advice_json(advice) : advice_text(advice));
  if (!advice.servers.empty()) return {};
  return Error{ErrorKind::data, "of no server a day of minutes is known: give it a longer history",
               ""};
}

void add_source_options(CLI::App& command, AdviseArgs& args) {
  command.add_option("files", args.files,
                     "History: files of the sink `store`, captures, dnstap and C-DNS files, files "
                     "of --save; what they know is put together");
  CLI::Option* influx =
      command.add_option("--influx", args.source.url, "History: an InfluxDB 1, by its URL");
  influx->each([&args](const std::string&) { args.influx = true; });
  command.add_option("--database", args.source.database, "InfluxDB: the database");
  command.add_option("--retention-policy", args.source.retention_policy,
                     "InfluxDB: of the points, if not the default one");
  command.add_option("--user", args.source.user, "InfluxDB: who asks; env:NAME and file:PATH, too");
  command.add_option("--password", args.source.password, "InfluxDB: env:NAME and file:PATH, too");
  command.add_option("--ca-file", args.source.ca_file, "InfluxDB: certificates (PEM) of https");
  command.add_option("--interval", args.interval,
                     "InfluxDB: length of the points' windows, if longer than a minute");
  command.add_option("--measurement", args.names.measurement, "Points that count (minutes)");
  command.add_option("--field", args.names.field, "Their field with the count (count)");
  command.add_option("--server-tag", args.names.server, "Their tag with the server (server)");
  command.add_option("--where", args.where, "Only points with this tag")->type_name("TAG=VALUE");
  command
      .add_option("--latency", args.names.latency,
                  "Points with response times in us, to learn limits from")
      ->type_name("MEASUREMENT.FIELD");
  command
      .add_option("--drops", args.names.drops, "Points with messages lost, to learn limits from")
      ->type_name("MEASUREMENT.FIELD");
  command.add_option("--port", args.ports, "Captures: ports that carry DNS (53)");
  command.add_option("--history", args.history, "How far back is looked (371d: 53 weeks)");
  command
      .add_option("--servers", args.servers, "The busiest so many servers; others are OTHER (64)")
      ->check(CLI::Range(1, 1000));
}

void add_question_options(CLI::App& command, AdviseArgs& args) {
  command.add_option("--window", args.question.window, "Length of the quiet windows (2h)");
  command.add_option("--weeks", args.question.weeks, "Windows of so many weeks to come (4)")
      ->check(CLI::Range(1, 52));
  command.add_option("--top", args.question.top, "So many windows a server (5)")
      ->check(CLI::Range(1, 20));
  command.add_option("--threshold", args.question.threshold,
                     "Queries a second that a window is not to have, instead of what limits say");
  command.add_option("--risk", args.question.risk, "Windows with more risk come last, in % (5)")
      ->check(CLI::Range(0., 100.));
  command
      .add_option("--limit", args.question.limits,
                  "Queries a second that a server can answer, or each; may be repeated. Without "
                  "one it is learned from response times and losses, if they are known")
      ->type_name("[SERVER=]RATE");
  command
      .add_option("--share", args.question.share, "Of a limit that is not to be passed, in % (80)")
      ->check(CLI::Range(1., 100.));
  command
      .add_option("--away", args.question.away, "What if this server fails or is drained (each)")
      ->type_name("SERVER");
  command
      .add_option("--move", args.question.move, "How its load is shared: by-load, by-limit, evenly")
      ->check(CLI::IsMember({"by-load", "by-limit", "evenly"}));
  command
      .add_option("--holiday", args.question.holidays,
                  "A day that is like a Sunday; may be repeated")
      ->type_name("DAY");
  command.add_option("--now", args.question.now, "As of then (the end of the history)")
      ->type_name("TIME");
}

void add_output_options(CLI::App& command, AdviseArgs& args) {
  command.add_flag("--json", args.json, "One JSON object");
  command.add_option("--ics", args.ics, "Write the windows as a calendar (RFC 5545); -: only that")
      ->type_name("FILE");
  command.add_option("--calendar-windows", args.calendar_windows,
                     "So many windows a server in the calendar (1)");
  command
      .add_option("--points", args.points,
                  "Write forecast, windows and capacity in line protocol; -: only that")
      ->type_name("FILE");
  command
      .add_option("--save", args.save,
                  "Write what is known to a file, to go on from here or in the bolt `season`")
      ->type_name("FILE");
}

}  // namespace

void add_advise_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<AdviseArgs>();
  CLI::App* command = app.add_subcommand(
      "advise", "Say when it is quiet enough for maintenance and when capacity becomes short");
  add_source_options(*command, *args);
  add_question_options(*command, *args);
  add_output_options(*command, *args);
  command->footer(
      "Counts per minute and server are asked for; docs/capacity.md says how they come about.\n"
      "Examples:\n"
      "  dnstorm advise dns.sqlite --window 2h --weeks 4\n"
      "  dnstorm advise dns.sqlite --limit 50000 --limit ns3=20000 --share 70 --away ns1\n"
      "  dnstorm advise --influx http://influx:8086 --database dns --ics windows.ics --points -\n"
      "  dnstorm advise /captures/2026-*.pcap.zst --save dns.season");
  command->callback([args, &chosen] {
    chosen = [args] {
      Result<void> done = advise(*args);
      return done.ok() ? 0 : fail(done.error());
    };
  });
}

}  // namespace dnstorm::cli
