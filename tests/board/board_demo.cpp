// A board with a fake feed, for the browser tests and for whoever works on the page: no engine, no
// packets, the same numbers at every run. Commands come line by line on standard input; each is
// answered by a line "ok" when Live has what it asked for.
//
//   board_demo [PORT [settled]]   prints "board at URL" first; 0 takes any free port; settled: what
//   comes
//                          after the first tick is new
//   step N                 feeds N windows of one second of ordinary traffic
//   run                    feeds a window a second until the next command
//   busy                   feeds 100 updates of a wall of 400 cells ten times a second
//   hostile                feeds names that try to break the page
//   flood N                feeds N large tables, to fill the way to a slow client
//   finish | fail TEXT     ends the run
//   quit
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>

#include "board/server/server.hpp"

namespace dnstorm::board {
namespace {

constexpr TimeNs first_window = 1'795'201'200 * ns_per_s;  // 2026-11-21 03:00:00 UTC

// Deterministic, and the same on every machine (std's distributions are not).
class Dice {
 public:
  double roll() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_ = 42;
};

class Feeder {
 public:
  explicit Feeder(Live& live) : live_(live) {
    for (std::size_t i = 0; i < 400; ++i) names_.push_back(name(i));
  }

  Honesty honesty() const {
    std::lock_guard lock(mutex_);
    return honesty_;
  }

  void step() {
    const double load = 1 + 0.25 * std::sin(static_cast<double>(window_) / 9) + 0.1 * dice_.roll();
    const double queries = std::floor(8'000 * load);
    const double responses = std::floor(queries * 0.985);
    publish("domains", "wall", "Registered domains", domains(queries));
    publish("qtypes", "wall", "Query types", shares(queries, qtype_shares));
    publish("rcodes", "wall", "Response codes", shares(responses, rcode_shares));
    publish("rates", "series", "Queries and responses",
            {{"query", {queries}}, {"response", {responses}}});
    publish("response-time", "series", "Response time", latencies(load));
    if (window_ % 10 == 0) {
      publish("top-clients", "table", "Clients that ask most",
              ranking(10 * queries, 0.02, &client));
      publish("top-names", "table", "Names most asked for", ranking(10 * queries, 0.04, &host));
    }
    account(queries, responses);
    ++window_;
  }

  void hostile() {
    const std::string bidi =
        "moc.\xe2\x80\xae"
        "elgoog.evil.example";
    publish("domains", "wall", "Registered domains",
            {{"<img src=x onerror=\"window.hacked=1\">", {9e6}},
             {"</script><script>window.hacked=1</script>", {8e6}},
             {std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
                  std::string(61, 'd'),
              {7e6}},
             {bidi, {6e6}},
             {R"(a\032b\000c\255.example)", {5e6}},
             {"\xff\xfe not utf-8", {4e6}},
             {"", {3e6}}});
    publish("top-names", "table", "<b>Names</b>",
            {{"<svg onload=\"window.hacked=1\">", {3}}, {bidi, {2}}});
    ++window_;
  }

  // Every cell in turn, so that all of them go on changing.
  void busy() {
    std::vector<FeedRow> rows;
    for (int i = 0; i < 100; ++i)
      rows.push_back({fmt::format("{}.{}", next_busy_++ % 400, names_[0]), {1}});
    const TimeNs end = first_window + ++window_ * ns_per_s / 10;
    live_.publish({"busy", "wall", "Busy", end - ns_per_s / 10, end, {"count"}, rows, {}, 400});
    account(100, 0);
  }

  void flood() {
    std::vector<FeedRow> rows;
    for (int i = 0; i < 200; ++i) rows.push_back({fmt::format("{:0>900}", i), {200.0 - i}});
    publish("flood", "table", "Flood", std::move(rows));
    ++window_;
  }

  void end(std::string state, std::string failure) {
    std::lock_guard lock(mutex_);
    honesty_.state = std::move(state);
    honesty_.failure = std::move(failure);
    honesty_.parsed += std::exchange(honesty_.in_flight, 0);
  }

 private:
  using Shares = std::vector<std::pair<const char*, double>>;
  inline static const Shares qtype_shares = {
      {"A", 0.55},       {"AAAA", 0.22},   {"HTTPS", 0.12}, {"PTR", 0.04},     {"TXT", 0.015},
      {"NS", 0.012},     {"SRV", 0.01},    {"MX", 0.01},    {"DS", 0.008},     {"SOA", 0.007},
      {"DNSKEY", 0.004}, {"CNAME", 0.002}, {"SVCB", 0.001}, {"NAPTR", 0.0005}, {"CAA", 0.0005}};
  inline static const Shares rcode_shares = {{"NOERROR", 0.74},
                                             {"NXDOMAIN", 0.23},
                                             {"SERVFAIL", 0.02},
                                             {"REFUSED", 0.009},
                                             {"FORMERR", 0.001}};

  static std::string name(std::size_t i) {
    static const char* words[] = {"push", "cloud",   "mail", "news",  "stream", "video",  "shop",
                                  "bank", "metrics", "game", "photo", "cdn",    "update", "chat",
                                  "maps", "search",  "time", "music", "forum",  "travel"};
    static const char* suffixes[] = {"example.com", "example.net", "example.org", "co.example",
                                     "test",        "example",     "net.example", "org.test"};
    const std::string word = words[(i * 7) % 20];
    if (i < 20) return fmt::format("{}.{}", word, suffixes[i % 8]);
    return fmt::format("{}-{}.{}", word, words[(i * 3 + i / 20) % 20], suffixes[(i / 3) % 8]);
  }
  static std::string client(std::size_t i) {
    return i % 3 == 2 ? fmt::format("2001:db8:{:x}::{:x}", i * 77 % 4096, i + 5)
                      : fmt::format("192.0.2.{}", (i * 37 + 11) % 256);
  }
  static std::string host(std::size_t i) {
    static const char* hosts[] = {"www", "api", "edge", "ntp", "img"};
    return fmt::format("{}.{}", hosts[i % 5], name(i));
  }

  std::vector<FeedRow> domains(double queries) {
    std::vector<FeedRow> rows;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const double mean = queries * 0.13 / static_cast<double>(i + 1);
      const double count = std::floor(mean * (0.5 + dice_.roll()) + dice_.roll() * 0.6);
      if (count > 0) rows.push_back({names_[i], {count}});
    }
    return rows;
  }
  std::vector<FeedRow> shares(double whole, const Shares& parts) {
    std::vector<FeedRow> rows;
    for (const auto& [key, share] : parts)
      if (const double n = std::floor(whole * share * (0.8 + 0.4 * dice_.roll())); n > 0)
        rows.push_back({key, {n}});
    return rows;
  }
  std::vector<FeedRow> latencies(double load) {
    return {{"latency_us p50", {std::floor(900 * load)}},
            {"latency_us p95", {std::floor(14'000 * load * load)}},
            {"latency_us p99", {std::floor(38'000 * load * (1 + dice_.roll()))}}};
  }
  std::vector<FeedRow> ranking(double whole, double first, std::string (*key)(std::size_t)) {
    std::vector<FeedRow> rows;
    for (std::size_t i = 0; i < 20; ++i)
      rows.push_back(
          {key(i),
           {std::floor(whole * first / static_cast<double>(i + 1)), static_cast<double>(i)}});
    return rows;
  }

  void publish(const char* panel, const char* view, const char* title, std::vector<FeedRow> rows) {
    const TimeNs start = first_window + window_ * ns_per_s;
    const bool table = std::string_view(view) == "table";
    const bool value = std::string_view(panel) == "response-time";
    const TimeNs length = table ? 10 * ns_per_s : ns_per_s;
    std::vector<std::string> columns = {value ? "value" : "count"};
    if (table && !rows.empty() && rows[0].values.size() > 1) columns.push_back("error");
    live_.publish({panel, view, title, start, start + length, std::move(columns), std::move(rows)});
  }

  void account(double queries, double responses) {
    std::lock_guard lock(mutex_);
    const auto parsed = static_cast<std::uint64_t>(queries + responses);
    honesty_.parsed += parsed;
    honesty_.malformed += 3;
    honesty_.not_dns += 11;
    honesty_.in_flight = 64;
    honesty_.captured =
        honesty_.parsed + honesty_.malformed + honesty_.not_dns + honesty_.in_flight;
    honesty_.behind_s = 0.2;
    honesty_.reasons = {{"malformed.name_too_long", honesty_.malformed / 3},
                        {"malformed.short_header", honesty_.malformed / 3 * 2},
                        {"not_dns.icmp", honesty_.not_dns}};
    const std::uint64_t all = honesty_.parsed;
    honesty_.components = {{"packets", "spout", 1, 0, honesty_.captured, 0},
                           {"dns", "bolt", 2, honesty_.captured, all, 0},
                           {"domains", "bolt", 2, all / 2, all / 60, 0}};
  }

  Live& live_;
  std::vector<std::string> names_;
  Dice dice_;
  TimeNs window_ = 0;
  std::size_t next_busy_ = 0;
  mutable std::mutex mutex_;  // guards what the board's thread asks for
  Honesty honesty_;
};

bool obey(Feeder& feeder, const std::string& line) {
  const std::size_t space = line.find(' ');
  const std::string verb = line.substr(0, space);
  const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
  const int times = std::atoi(rest.c_str());
  if (verb == "quit") return false;
  if (verb == "step")
    for (int i = 0; i < times; ++i) feeder.step();
  if (verb == "flood")
    for (int i = 0; i < times; ++i) feeder.flood();
  if (verb == "hostile") feeder.hostile();
  if (verb == "finish") feeder.end("finished", "");
  if (verb == "fail") feeder.end("failed", rest);
  fmt::print("ok\n");
  std::fflush(stdout);
  return true;
}

// True when a line is there; false after so long without one.
bool line_within(int ms) {
  pollfd in{STDIN_FILENO, POLLIN, 0};
  return poll(&in, 1, ms) != 0;
}

int demo(std::uint16_t port, bool settled_at_once) {
  LiveOptions options{.title = "demo", .epoch = fmt::format("{:x}", SystemClock().wall_ns())};
  if (settled_at_once) options.wall.settled_in = 1;
  Live live(std::move(options));
  Feeder feeder(live);
  auto server = Server::start({.port = port}, live, [&] { return feeder.honesty(); });
  if (!server) {
    fmt::print(stderr, "{}\n", server.error().what);
    return 69;
  }
  fmt::print("board at {}\n", (*server)->url());
  std::fflush(stdout);
  std::cin.sync_with_stdio(true);
  for (std::string line; std::getline(std::cin, line);) {
    if (!obey(feeder, line)) break;
    while (line == "run" && !line_within(1000)) feeder.step();
    while (line == "busy" && !line_within(100)) feeder.busy();
  }
  return 0;
}

}  // namespace
}  // namespace dnstorm::board

int main(int argc, char** argv) {
  return dnstorm::board::demo(argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1])) : 0,
                              argc > 2 && argv[2] == std::string_view("settled"));
}
