// The result of `dnstorm report`: what a capture holds. Made of the tables that the report's
// topology produced; printed as text or as JSON.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "board/server/honesty.hpp"
#include "cli/collect.hpp"

namespace dnstorm::cli {

using Counts = std::map<std::string, std::uint64_t>;

struct Report {
  std::string file;
  std::uint64_t files = 0, files_damaged = 0;  // of a folder
  board::Honesty packets;
  std::int64_t first_ns = 0;  // of the first and the last packet
  std::int64_t last_ns = 0;
  std::uint64_t messages = 0, queries = 0, responses = 0;
  std::uint64_t tcp = 0, v6 = 0, edns = 0, dnssec_ok = 0, ecs = 0, tc = 0;
  // Apart from the messages: quoted in ICMP errors, and of DNS' family (packets).
  std::uint64_t embedded = 0, mdns = 0, llmnr = 0;
  // Of decode, without zeros: "parsed.tcp_control", "tcp.connections", "fragments.completed", ...
  std::map<std::string, std::uint64_t> streams;
  std::uint64_t qnames = 0, clients = 0;
  std::map<std::uint64_t, std::uint64_t> opcodes;
  Counts qtypes, rcodes, outcomes;
  // Of a dnstap file, whose packets are frames; `packets` counts those that cannot be decoded, too.
  bool dnstap = false;
  Counts types, family, protocol;
  struct Ranked {
    std::string item;
    std::uint64_t count = 0;
    std::uint64_t error = 0;
  };
  std::vector<Ranked> top_names, top_domains, top_clients;
  // Response times: upper bounds of the buckets in us with their counts, ascending.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> response_times_us;
};

Report make_report(const std::string& file, const board::Honesty& packets, const Tables& tables);
// The upper bound in us of the bucket in which the share `q` (0..1) of all response times lies.
std::uint64_t response_time_us(const Report& report, double q);
std::string report_text(const Report& report);
std::string report_json(const Report& report);

}  // namespace dnstorm::cli
