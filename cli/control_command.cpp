// dnstorm rebalance, activate, deactivate: change a run that goes on, through its board's server,
// or a topology of a cluster, through its coordinator.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "board/server/server.hpp"
#include "cli/app.hpp"
#include "cli/cluster_verb.hpp"
#include "cli/run_address.hpp"
#include "operators/sinks/http_client.hpp"

namespace dnstorm::cli {

namespace {

struct ControlArgs {
  std::string action;
  std::string address;  // of a run's board, or name of a topology
  ClusterArgs cluster;
  std::vector<std::string> changes;  // component=executors; of a rebalance
};

ErrorKind kind_of(int status) {
  if (status == 400) return ErrorKind::usage;
  return status == 401 || status == 403 ? ErrorKind::permission : ErrorKind::unavailable;
}

Result<std::string> ask(const ControlArgs& args, const std::string& query) {
  operators::HttpRequest request;
  request.url = fmt::format("{}/api/control/{}{}", base_url(args.address), args.action, query);
  // Executors come to rest between two rounds, and a bolt may take its time for one.
  request.timeout = 120 * ns_per_s;
  request.headers.push_back(fmt::format("{}: 1", board::control_header));
  if (std::string token = bearer_header("DNSTORM_CONTROL_TOKEN"); !token.empty())
    request.headers.push_back(std::move(token));
  operators::HttpAnswer answer = operators::make_http_client()->exchange(request);
  if (answer.status == 0)
    return Error{ErrorKind::unavailable,
                 fmt::format("{}: {} does not answer ({}): is there a run with --board?",
                             args.action, base_url(args.address), answer.failure),
                 ""};
  std::string said = answer.body.substr(0, answer.body.find('\n'));
  if (answer.status == 200) return said;
  if (answer.status == 404) said = "what answers there is not the board of a run";
  return Error{kind_of(answer.status), fmt::format("{}: {}", args.action, said), ""};
}

Result<std::string> query_of(const std::string& change) {
  std::size_t equals = change.rfind('=');
  if (equals == std::string::npos || equals == 0)
    return Error{ErrorKind::usage,
                 fmt::format("rebalance takes COMPONENT=EXECUTORS, not '{}'", change), ""};
  return fmt::format("?component={}&executors={}",
                     operators::percent_encode(change.substr(0, equals)),
                     operators::percent_encode(change.substr(equals + 1)));
}

int control_run(const ControlArgs& args) {
  if (names_topology(args.address, args.cluster))
    return change_topology(args.cluster, args.action, args.address, args.changes);
  if (args.action == "rebalance" && args.changes.empty())
    return fail({ErrorKind::usage, "rebalance of a run takes COMPONENT=EXECUTORS", ""});
  std::vector<std::string> queries;
  // All are read before the first is sent.
  for (const std::string& change : args.changes) {
    auto query = query_of(change);
    if (!query.ok()) return fail(query.error());
    queries.push_back(std::move(*query));
  }
  if (args.action != "rebalance") queries.emplace_back();
  for (const std::string& query : queries) {
    auto done = ask(args, query);
    if (!done.ok()) return fail(done.error());
    fmt::print("{}\n", *done);
  }
  return 0;
}

CLI::App* add(CLI::App& app, Chosen& chosen, const char* action, const char* help,
              const std::shared_ptr<ControlArgs>& args) {
  args->action = action;
  CLI::App* command = app.add_subcommand(action, help);
  command
      ->add_option("run", args->address,
                   "Board of a run: URL, HOST:PORT or PORT; or a topology of a cluster: name or id")
      ->required();
  add_cluster_options(*command, args->cluster);
  command->callback([args, &chosen] { chosen = [args] { return control_run(*args); }; });
  return command;
}

constexpr const char* token_note =
    "What has ':' or '/' in it or is a number is the board of a run, unless --to is given; all "
    "else "
    "is a topology of a cluster.\nA board that other machines reach wants the token that its run "
    "has in DNSTORM_CONTROL_TOKEN, a cluster the one in DNSTORM_TOKEN.\nExamples:\n";

}  // namespace

void add_control_commands(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<ControlArgs>();
  CLI::App* rebalance =
      add(app, chosen, "rebalance",
          "Change the executors of components of a run or a topology, while it goes on", args);
  rebalance->add_option("changes", args->changes,
                        "COMPONENT=EXECUTORS: from 1 to as many as it has tasks (numTasks); "
                        "of a cluster also none: everything is placed anew");
  rebalance->footer(std::string(token_note) +
                    "  dnstorm rebalance 8353 names=1 clients=4\n"
                    "  dnstorm rebalance mine names=2 --to collector:7371");
  add(app, chosen, "activate", "Ask the spouts of a run or a topology for rows again",
      std::make_shared<ControlArgs>())
      ->footer(std::string(token_note) +
               "  dnstorm activate 8353\n  dnstorm activate mine --to collector:7371");
  add(app, chosen, "deactivate",
      "Ask the spouts of a run or a topology for no more rows until it is activated",
      std::make_shared<ControlArgs>())
      ->footer(std::string(token_note) +
               "  dnstorm deactivate 8353\n  dnstorm deactivate mine --to collector:7371");
}

}  // namespace dnstorm::cli
