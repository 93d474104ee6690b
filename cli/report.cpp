#include "cli/report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/accounting.hpp"
#include "engine/base/time.hpp"
#include "operators/labels.hpp"

namespace dnstorm::cli {

namespace {

const Table& table_of(const Tables& tables, const std::string& component) {
  static const Table none;
  auto found = tables.by_component.find(component);
  return found == tables.by_component.end() ? none : found->second;
}

void read_headers(const Table& table, Report& report) {
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    std::uint64_t count = table.at(i, "count").number;
    bool response = table.at(i, "qr").number != 0;
    report.messages += count;
    (response ? report.responses : report.queries) += count;
    report.opcodes[table.at(i, "opcode").number] += count;
    if (response) report.rcodes[table.at(i, "rcode").text] += count;
    if (table.at(i, "tc").number != 0) report.tc += count;
    if (table.at(i, "edns").number != 0) report.edns += count;
    if (table.at(i, "do").number != 0) report.dnssec_ok += count;
    if (table.at(i, "ecs").number != 0) report.ecs += count;
    if (table.at(i, "ip_version").number == 6) report.v6 += count;
    if (table.at(i, "transport").number == 6) report.tcp += count;
  }
}

// Types are those of queries; a capture that holds responses only is told by them.
void read_qtypes(const Table& table, Report& report) {
  std::uint64_t asked = report.queries != 0 ? 0 : 1;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.at(i, "qr").number == asked)
      report.qtypes[table.at(i, "qtype").text] += table.at(i, "count").number;
}

std::vector<Report::Ranked> read_top(const Table& table, std::string_view item) {
  std::vector<Report::Ranked> top;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    top.push_back(
        {table.at(i, item).text, table.at(i, "count").number, table.at(i, "error").number});
  return top;
}

std::uint64_t read_distinct(const Table& table) {
  return table.rows.empty() ? 0 : table.at(0, "distinct").number;
}

void read_quotes(const Table& table, Report& report) {
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    report.embedded += table.at(i, "count").number;
}

void read_family(const board::Honesty& packets, Report& report) {
  for (const auto& [reason, count] : packets.reasons) {
    if (reason == "not_dns.mdns") report.mdns = count;
    if (reason == "not_dns.llmnr") report.llmnr = count;
  }
}

void read_response_times(const Table& table, Report& report) {
  std::map<std::uint64_t, std::uint64_t> buckets;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.at(i, "status").text == "answered")
      buckets[table.at(i, "latency_bucket_us").number] += table.at(i, "count").number;
  report.response_times_us.assign(buckets.begin(), buckets.end());
}

void read_frames(const Table& table, Report& report) {
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    std::uint64_t count = table.at(i, "count").number;
    report.types[table.at(i, "dnstap_type").text] += count;
    // What a frame does not say is not counted.
    if (table.at(i, "family").number != 0) report.family[table.at(i, "family").text] += count;
    if (table.at(i, "protocol").number != 0) report.protocol[table.at(i, "protocol").text] += count;
  }
  report.dnstap = report.dnstap || !report.types.empty();
}

std::string share_table(const std::string& title, const Counts& counts) {
  std::vector<std::pair<std::string, std::uint64_t>> rows(counts.begin(), counts.end());
  std::stable_sort(rows.begin(), rows.end(), [](auto& a, auto& b) { return a.second > b.second; });
  double total = 0;
  for (auto& [name, count] : rows) total += static_cast<double>(count);
  std::string text = fmt::format("\n{}\n", title);
  for (auto& [name, count] : rows)
    text += fmt::format("  {:<16} {:>12} {:>6.2f} %\n", name, count,
                        100 * static_cast<double>(count) / total);
  return rows.empty() ? "" : text;
}

std::string top_table(const std::string& title, const std::vector<Report::Ranked>& top) {
  std::string text = fmt::format("\n{}\n", title);
  for (const Report::Ranked& row : top)
    text += fmt::format("  {:>12}  {}{}\n", row.count, row.item,
                        row.error == 0 ? "" : fmt::format("  (at most {} too many)", row.error));
  return top.empty() ? "" : text;
}

std::string response_time_text(const Report& report) {
  if (report.response_times_us.empty()) return "";
  return fmt::format(
      "\nResponse time (upper bounds)\n  median {} us, 90 % {} us, 99 % {} us, longest {} us\n",
      response_time_us(report, 0.5), response_time_us(report, 0.9), response_time_us(report, 0.99),
      response_time_us(report, 1.0));
}

Counts opcode_names(const Report& report) {
  Counts names;
  for (auto& [opcode, count] : report.opcodes)
    names[operators::label_text("opcode", opcode)] = count;
  return names;
}

nlohmann::ordered_json ranked_json(const std::vector<Report::Ranked>& top) {
  auto json = nlohmann::ordered_json::array();
  for (const Report::Ranked& row : top)
    json.push_back({{"item", row.item}, {"count", row.count}, {"error", row.error}});
  return json;
}

// The names that readers of dnstap give to what a capture has, too.
nlohmann::ordered_json dnstap_json(const Report& r) {
  return {{"frames", r.packets.captured}, {"types", r.types},   {"dns_queries", r.queries},
          {"dns_responses", r.responses}, {"family", r.family}, {"protocol", r.protocol}};
}

// "malformed.truncated_name" of the class `malformed` as {"truncated_name": n}.
nlohmann::ordered_json reasons_json(const Report& report, const std::string& outcome) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [reason, count] : report.packets.reasons)
    if (reason.starts_with(outcome + ".")) json[reason.substr(outcome.size() + 1)] = count;
  return json;
}

}  // namespace

std::uint64_t response_time_us(const Report& report, double q) {
  std::uint64_t total = 0;
  for (auto& [bound, count] : report.response_times_us) total += count;
  auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(total) + 0.5);
  std::uint64_t seen = 0;
  for (auto& [bound, count] : report.response_times_us) {
    seen += count;
    if (seen >= wanted) return bound;
  }
  return 0;
}

Report make_report(const std::string& file, const board::Honesty& packets, const Tables& tables) {
  Report report;
  report.file = file;
  report.packets = packets;
  read_headers(table_of(tables, "headers"), report);
  read_qtypes(table_of(tables, "qtypes"), report);
  report.qnames = read_distinct(table_of(tables, "qnames"));
  report.clients = read_distinct(table_of(tables, "clients"));
  report.top_names = read_top(table_of(tables, "top_names"), "qname");
  report.top_domains = read_top(table_of(tables, "top_domains"), "domain");
  report.top_clients = read_top(table_of(tables, "top_clients"), "client");
  const Table& outcomes = table_of(tables, "outcomes");
  for (std::size_t i = 0; i < outcomes.rows.size(); ++i)
    report.outcomes[outcomes.at(i, "status").text] += outcomes.at(i, "count").number;
  read_response_times(table_of(tables, "response_times"), report);
  read_frames(table_of(tables, "frames"), report);
  read_quotes(table_of(tables, "quotes"), report);
  read_family(packets, report);
  return report;
}

std::string report_text(const Report& r) {
  double seconds = static_cast<double>(r.last_ns - r.first_ns) / 1e9;
  std::string text = fmt::format("{}\n  {}\n", r.file, summary_line(r.packets));
  if (r.files != 0) text += fmt::format("  {} files, {} damaged\n", r.files, r.files_damaged);
  if (r.packets.captured != 0)
    text += fmt::format("  from {} to {} ({:.3f} s)\n", format_time(r.first_ns),
                        format_time(r.last_ns), seconds);
  Counts reasons(r.packets.reasons.begin(), r.packets.reasons.end());
  text += share_table("Packets that are no DNS message, by reason", reasons);
  text += fmt::format("\nMessages\n  {} = {} queries + {} responses", r.messages, r.queries,
                      r.responses);
  if (seconds > 0)
    text += fmt::format(" ({:.1f} queries/s)", static_cast<double>(r.queries) / seconds);
  text += fmt::format(
      "\n  {} names, {} clients; TCP {}, IPv6 {}, EDNS {}, DO {}, client subnet {}, truncated {}\n",
      r.qnames, r.clients, r.tcp, r.v6, r.edns, r.dnssec_ok, r.ecs, r.tc);
  text += share_table("Frames by type", r.types) + share_table("Address family", r.family) +
          share_table("Carried by", r.protocol);
  text += share_table("Query types", r.qtypes) + share_table("Response codes", r.rcodes);
  if (r.opcodes.size() > 1) text += share_table("Kinds of query", opcode_names(r));
  text += share_table("Queries and their responses", r.outcomes) + response_time_text(r);
  text += top_table("Names most asked for", r.top_names);
  text += top_table("Registered domains most asked for", r.top_domains);
  text += top_table("Clients that ask most", r.top_clients);
  return text;
}

std::string report_json(const Report& r) {
  nlohmann::ordered_json json = {
      {"file", r.file},
      {"packets", r.packets.captured},
      {"messages", r.messages},
      {"queries", r.queries},
      {"responses", r.responses},
      {"tcp", r.tcp},
      {"v6", r.v6},
      {"edns", r.edns},
      {"do", r.dnssec_ok},
      {"ecs", r.ecs},
      {"tc", r.tc},
      {"mdns", r.mdns},
      {"llmnr", r.llmnr},
      {"embedded", r.embedded},
      {"qnames", r.qnames},
      {"opcodes", nullptr},
      {"qtypes", r.qtypes},
      {"rcodes", r.rcodes},
  };
  if (r.files != 0) json["files"] = {{"all", r.files}, {"damaged", r.files_damaged}};
  if (r.dnstap) json.update(dnstap_json(r));
  json["opcodes"] = nlohmann::ordered_json::object();
  for (auto& [opcode, count] : r.opcodes) json["opcodes"][std::to_string(opcode)] = count;
  json["parsed"] = r.packets.parsed;
  json["malformed"] = r.packets.malformed;
  json["not_dns"] = r.packets.not_dns;
  json["filtered"] = r.packets.filtered;
  for (const char* outcome : {"malformed", "not_dns", "filtered"})
    json[std::string(outcome) + "_by_reason"] = reasons_json(r, outcome);
  json["streams"] = nlohmann::ordered_json::object();
  for (const auto& [counter, value] : r.streams) json["streams"][counter] = value;
  json["dropped"] = {{"kernel", r.packets.dropped_kernel},
                     {"interface", r.packets.dropped_interface}};
  json["first_ns"] = r.first_ns;
  json["last_ns"] = r.last_ns;
  json["clients"] = r.clients;
  json["transactions"] = r.outcomes;
  if (!r.response_times_us.empty())
    json["response_time_us"] = {{"p50", response_time_us(r, 0.5)},
                                {"p90", response_time_us(r, 0.9)},
                                {"p99", response_time_us(r, 0.99)},
                                {"max", response_time_us(r, 1.0)}};
  json["top_names"] = ranked_json(r.top_names);
  json["top_domains"] = ranked_json(r.top_domains);
  json["top_clients"] = ranked_json(r.top_clients);
  return json.dump(2) + "\n";
}

}  // namespace dnstorm::cli
