#include "cli/generate.hpp"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "capture/synth/profile.hpp"
#include "cli/app.hpp"
#include "cli/traffic_file.hpp"

namespace dnstorm::cli {

namespace {

using capture::synth::Options;
using capture::synth::Pace;
using capture::synth::View;

// What stands on the command line; what does not stand there is the profile's.
struct GenerateArgs {
  TrafficFile file;
  std::string profile = "resolver";
  std::string pace = "poisson";
  std::string names;
  std::string start;
  std::string duration;
  std::string rhythm;
  std::vector<std::string> attacks;
  bool no_names = false;
  std::uint64_t seed = 1;
  bool nanoseconds = false;
  std::optional<std::uint64_t> queries, packets;
  std::optional<std::uint32_t> clients, mtu;
  std::optional<double> rate, zipf, client_zipf, tcp_queries;
  // In percent.
  std::optional<double> v6, edns, dnssec_ok, client_subnet, cookies, signed_zones, loss, duplicates,
      malformed, not_dns, one_time, mixed_case, https, tcp, fragments;
};

Error usage(std::string_view option, std::string_view problem) {
  return {ErrorKind::usage, fmt::format("{}: {}", option, problem), std::string(option)};
}

// "2026-01-31", "2026-01-31T12:00:00" with or without Z, or seconds since 1970.
std::optional<TimeNs> parse_start(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  int fields = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour,
                           &minute, &second, &used);
  if (fields < 6) {
    used = 0;
    hour = minute = second = 0;
    fields = std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &used);
    if (fields < 3) {
      std::optional<DurationNs> seconds = parse_duration(text);
      return seconds;
    }
  }
  std::string rest = text.substr(static_cast<std::size_t>(used));
  std::chrono::year_month_day date{std::chrono::year(year),
                                   std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  bool clock = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
  if (!date.ok() || !clock || (!rest.empty() && rest != "Z") || year < 1970) return std::nullopt;
  auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return (TimeNs{days} * 86400 + hour * 3600 + minute * 60 + second) * ns_per_s;
}

Result<void> set_names(const std::string& text, Options& options) {
  if (text.empty()) return {};
  if (text.find_first_not_of("0123456789") != std::string::npos) {
    options.names_file = text;
    return {};
  }
  std::uint64_t count = text.size() > 9 ? 0 : std::stoul(text);
  if (count == 0)
    return usage("--names", fmt::format("{} is not a number of 1 to 100,000,000", text));
  options.names = static_cast<std::uint32_t>(count);
  return {};
}

Result<void> set_rhythm(const std::string& text, Options& options) {
  if (text.empty()) return {};
  options.pace = Pace::diurnal;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) {
    char* end = nullptr;
    double rate = std::strtod(part.c_str(), &end);
    if (part.empty() || *end != '\0')
      return usage("--rhythm", fmt::format("\"{}\" is no number", part));
    options.rhythm.push_back(rate);
  }
  return {};
}

Result<void> set_attacks(const std::vector<std::string>& texts, Options& options) {
  for (const std::string& text : texts)
    options.attacks.push_back(DNSTORM_TRY(capture::synth::attack::parse_spec(text)));
  return {};
}

void set_shares(const GenerateArgs& args, Options& options) {
  auto set = [](double& share, const std::optional<double>& percent) {
    if (percent) share = *percent / 100;
  };
  set(options.v6, args.v6);
  set(options.edns, args.edns);
  set(options.dnssec_ok, args.dnssec_ok);
  set(options.client_subnet, args.client_subnet);
  set(options.cookies, args.cookies);
  if (args.edns) {  // what needs EDNS cannot be more than it, unless that is asked for
    if (!args.dnssec_ok) options.dnssec_ok = std::min(options.dnssec_ok, options.edns);
    if (!args.client_subnet) options.client_subnet = std::min(options.client_subnet, options.edns);
    if (!args.cookies) options.cookies = std::min(options.cookies, options.edns);
  }
  set(options.signed_zones, args.signed_zones);
  set(options.loss, args.loss);
  set(options.duplicates, args.duplicates);
  set(options.malformed, args.malformed);
  set(options.not_dns, args.not_dns);
  set(options.one_time, args.one_time);
  set(options.mixed_case, args.mixed_case);
  set(options.tcp, args.tcp);
  set(options.fragments, args.fragments);
  if (args.https) options.https = *args.https / 100;
}

Result<Options> options_of(const GenerateArgs& args) {
  View view = args.profile == "root"  ? View::root
              : args.profile == "tld" ? View::tld
                                      : View::resolver;
  Options options = Options::of(view);
  options.pace = args.pace == "diurnal"  ? Pace::diurnal
                 : args.pace == "bursty" ? Pace::bursty
                                         : Pace::poisson;
  options.seed = args.seed;
  options.nanoseconds = args.nanoseconds;
  options.queries = args.queries;
  options.packets = args.packets;
  options.clients = args.clients.value_or(options.clients);
  options.rate = args.rate.value_or(options.rate);
  options.name_exponent = args.zipf.value_or(options.name_exponent);
  options.tcp_queries = args.tcp_queries.value_or(options.tcp_queries);
  options.mtu = args.mtu.value_or(options.mtu);
  options.client_exponent = args.client_zipf.value_or(options.client_exponent);
  if (!args.duration.empty()) {
    options.duration = parse_duration(args.duration);
    if (!options.duration)
      return usage("--duration",
                   fmt::format("\"{}\" is not a duration; write 90s, 10m or 2h", args.duration));
  }
  if (!options.queries && !options.packets && !options.duration) options.queries = 100'000;
  if (!args.start.empty()) {
    std::optional<TimeNs> start = parse_start(args.start);
    if (!start)
      return usage("--start",
                   fmt::format("\"{}\" is not a time; write 2026-01-31T12:00:00Z", args.start));
    options.start = *start;
  }
  options.count_names = !args.no_names;
  set_shares(args, options);
  DNSTORM_CHECK(set_rhythm(args.rhythm, options));
  DNSTORM_CHECK(set_attacks(args.attacks, options));
  DNSTORM_CHECK(set_names(args.names, options));
  DNSTORM_CHECK(check(options));
  return options;
}

Result<void> run_generate(const GenerateArgs& args) {
  Options options = DNSTORM_TRY(options_of(args));
  return write_traffic(std::move(options), args.file);
}

void add_traffic_options(CLI::App& command, GenerateArgs& args) {
  const char* amount = "How much (the first limit reached ends it; default 100,000 queries)";
  command.add_option("--queries", args.queries, "Queries, retries included")->group(amount);
  command.add_option("--packets", args.packets, "Packets of any kind: the file is cut there")
      ->group(amount);
  command.add_option("--duration", args.duration, "Time the queries span, as 90s, 10m, 2h")
      ->group(amount);

  const char* kind = "What kind";
  command
      .add_option("--profile", args.profile,
                  "Where it is seen: resolver, root or tld (default resolver)")
      ->check(CLI::IsMember({"resolver", "root", "tld"}))
      ->type_name("WHERE")
      ->group(kind);
  command.add_option("--rate", args.rate, "Queries per second (default 1000; root, tld 5000)")
      ->group(kind);
  command
      .add_option("--arrivals", args.pace,
                  "poisson, diurnal (hours of the day), bursty (default poisson)")
      ->check(CLI::IsMember({"poisson", "diurnal", "bursty"}))
      ->type_name("PACE")
      ->group(kind);
  command
      .add_option("--rhythm", args.rhythm,
                  "The rate by hour (UTC), in any unit: 24 numbers of a day or 168 of a week from "
                  "Monday on, the mean is --rate. Means --arrivals diurnal")
      ->type_name("N,N,...")
      ->group(kind);
  command.add_option("--clients", args.clients, "Addresses that ask (default 500; root, tld 5000)")
      ->group(kind);
  command
      .add_option("--client-zipf", args.client_zipf, "Activity of clients by rank^-x (default 0.9)")
      ->group(kind);
  command
      .add_option("--names", args.names,
                  "A file (a name or rank,name a line), or how many to invent (default 10000)")
      ->type_name("FILE|COUNT")
      ->group(kind);
  command.add_option("--zipf", args.zipf, "Popularity of names by rank^-x (default 0.95)")
      ->group(kind);
  command
      .add_option("--start", args.start, "Time of the first query (default 2026-01-01T00:00:00Z)")
      ->type_name("TIME")
      ->group(kind);
  command
      .add_option("--tcp-queries", args.tcp_queries,
                  "Queries on one TCP connection, on average (default 2)")
      ->group(kind);
  command
      .add_option("--mtu", args.mtu,
                  "Bytes of an IP packet: more is cut into fragments (default 1500)")
      ->group(kind);
  command.add_option("--seed", args.seed, "Same seed, same bytes (default 1)")->group(kind);
}

void add_share_options(CLI::App& command, GenerateArgs& args) {
  struct Share {
    const char* name;
    std::optional<double>& percent;
    const char* text;
  };
  const Share shares[] = {
      {"--ipv6", args.v6, "Queries over IPv6 (10)"},
      {"--edns", args.edns, "Queries with EDNS (80)"},
      {"--do", args.dnssec_ok, "Queries with the DO bit (15)"},
      {"--ecs", args.client_subnet, "Queries with a client subnet (5)"},
      {"--cookies", args.cookies, "Queries with a DNS cookie (5)"},
      {"--signed", args.signed_zones, "Domains that are signed (8)"},
      {"--https", args.https, "Queries for HTTPS records (12)"},
      {"--one-time", args.one_time, "Queries for names never asked again (3)"},
      {"--mixed-case", args.mixed_case, "Queries in random letter case, 0x20 (3)"},
      {"--loss", args.loss, "Queries without an answer (2)"},
      {"--duplicates", args.duplicates, "Packets seen twice (0.1)"},
      {"--malformed", args.malformed, "Malformed packets, of all packets (0.1)"},
      {"--not-dns", args.not_dns, "Packets that are not DNS, of all packets (0.5)"},
      {"--tcp", args.tcp,
       "Queries over TCP (0; root servers see 2.4). Truncated answers are then asked for again, on "
       "top"},
      {"--fragments", args.fragments,
       "Queries over UDP whose answer is larger than --mtu, in IP fragments (0)"},
  };
  for (const Share& share : shares)
    command.add_option(share.name, share.percent, share.text)
        ->type_name("PERCENT")
        ->group("Shares in percent (defaults of the resolver profile)");
}

void add_attack_options(CLI::App& command, GenerateArgs& args) {
  command
      .add_option(
          "--attack", args.attacks,
          fmt::format("Lay an attack over the traffic (repeatable): {}. Keys: strength=low, "
                      "normal (default) or high; at=1m after the first query; for=5m; rate, "
                      "clients, domain, mode in the kind's stead (docs/generate.md)",
                      fmt::join(capture::synth::attack::kind_names(), ", ")))
      ->type_name("KIND[,KEY=VALUE...]")
      ->group("Attacks");
}

void add_dnstap_options(CLI::App& command, TrafficFile& file) {
  const char* group = "dnstap files (a frame a message)";
  command
      .add_option("--dnstap-type", file.dnstap_type,
                  "Who writes it down: auth (default), client, forwarder, resolver, stub, tool")
      ->check(CLI::IsMember(dnstap_types()))
      ->type_name("KIND")
      ->group(group);
  command
      .add_option("--dnstap-identity", file.identity,
                  "The server's name (default dnstorm-generate)")
      ->type_name("NAME")
      ->group(group);
}

}  // namespace

void add_generate_command(CLI::App& app, std::function<int()>& chosen) {
  auto args = std::make_shared<GenerateArgs>();
  CLI::App* command = app.add_subcommand(
      "generate", "Make a capture or a dnstap file of traffic with known counts");
  command
      ->add_option("-o,--output", args->file.path,
                   "By its ending a dnstap file (.fstrm, .dnstap, .tap) or a capture; .gz and .zst "
                   "compress; - for a capture on standard output")
      ->required()
      ->type_name("FILE");
  command->add_option("--truth", args->file.truth, "Where the true counts go (default: FILE.json)")
      ->type_name("FILE");
  command->add_flag("--nanoseconds", args->nanoseconds,
                    "Time stamps in nanoseconds, not microseconds");
  command->add_flag("--no-names", args->no_names,
                    "Do not count names for the truth: memory then does not grow with the traffic");
  add_dnstap_options(*command, args->file);
  add_traffic_options(*command, *args);
  add_attack_options(*command, *args);
  add_share_options(*command, *args);
  command->footer(
      "Examples:\n"
      "  dnstorm generate -o sample.pcap --queries 20000 --seed 7\n"
      "  dnstorm generate -o root.pcap.zst --profile root --duration 60s --rate 20000\n"
      "  dnstorm generate -o mixed.pcap --tcp 10 --fragments 2 --duplicates 1\n"
      "  dnstorm generate -o attacked.pcap --duration 10m --attack tunnel,at=2m,for=5m\n"
      "  dnstorm generate -o server.fstrm.gz --profile tld --tcp 2.4 --dnstap-type auth\n"
      "  dnstorm generate -o - --names top-sites.csv --malformed 1 | dnstorm report /dev/stdin");
  command->callback([args, &chosen] {
    chosen = [args] {
      Result<void> done = run_generate(*args);
      return done.ok() ? 0 : fail(done.error());
    };
  });
}

}  // namespace dnstorm::cli
