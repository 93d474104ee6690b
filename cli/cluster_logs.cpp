// dnstorm logs: one view over what all nodes of a cluster have said.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/cluster_verb.hpp"
#include "cli/stop_signal.hpp"
#include "cli/text_table.hpp"

namespace dnstorm::cli {

namespace {

constexpr int follow_period_ms = 1000;

struct LogsArgs : ClusterArgs {
  std::string node;
  std::string topology;
  std::string level;
  std::size_t limit = 200;
  bool follow = false;
  bool json = false;
};

std::string query_of(const LogsArgs& args, std::uint64_t after) {
  std::string query = fmt::format("/logs?limit={}&after={}", args.limit, after);
  const std::pair<const char*, const std::string&> filters[] = {
      {"node", args.node}, {"topology", args.topology}, {"level", args.level}};
  for (const auto& [name, value] : filters)
    if (!value.empty()) query += fmt::format("&{}={}", name, operators::percent_encode(value));
  return query;
}

std::string line_text(const Json& line) {
  auto text = [&](const char* key) { return printable(line.at(key).get<std::string>()); };
  const std::string topology = text("topology"), node = text("node");
  return fmt::format("{} {:<7} {} {}{}\n", text("time"), text("level"),
                     node.empty() ? "coordinator" : node, topology.empty() ? "" : topology + ": ",
                     text("text"));
}

std::string lines_text(const LogsArgs& args, const Json& page, std::uint64_t& last) {
  std::string text;
  for (const Json& line : page.at("lines")) {
    last = line.at("number").get<std::uint64_t>();
    text += args.json ? line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"
                      : line_text(line);
  }
  return text;
}

Result<std::string> logs(const LogsArgs& args, ClusterClient& client) {
  std::uint64_t last = 0;
  const Json first = DNSTORM_TRY(client.get(query_of(args, 0)));
  std::string text = lines_text(args, first, last);
  if (!args.follow) return text;
  watch_stop_signals();
  while (!stop_requested()) {
    fmt::print("{}", text);
    if (std::fflush(stdout) != 0) return std::string();  // nobody reads any more
    wait_for_stop(follow_period_ms);
    const Json page = DNSTORM_TRY(client.get(query_of(args, last)));
    text = lines_text(args, page, last);
  }
  return std::string();
}

}  // namespace

void add_logs_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<LogsArgs>();
  CLI::App* command = app.add_subcommand("logs", "Show what the nodes of a cluster have said");
  command->add_option("--node", args->node, "Only of that node");
  command->add_option("--topology", args->topology, "Only of that topology (name or id)");
  command->add_option("--level", args->level, "error, warning or info: that and what is worse");
  command->add_option("--limit", args->limit, "Lines at most, the newest")->capture_default_str();
  command->add_flag("--follow", args->follow, "Go on until Ctrl-C");
  command->add_flag("--json", args->json, "A line of JSON for each");
  command->footer(
      "Example:\n  dnstorm logs --topology mine --level warning --follow --to collector");
  set_cluster_verb(*command, chosen, args,
                   [args](ClusterClient& client) { return logs(*args, client); });
}

}  // namespace dnstorm::cli
