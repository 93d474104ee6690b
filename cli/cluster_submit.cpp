// dnstorm submit: hands a topology to a cluster, or shows where it would run.
#include <CLI/CLI.hpp>

#include "cli/cluster/submission.hpp"
#include "cli/cluster_verb.hpp"
#include "cli/load.hpp"
#include "cli/text_table.hpp"
#include "cluster/model/codec.hpp"

namespace dnstorm::cli {

namespace {

struct SubmitArgs : ClusterArgs {
  std::string topology;
  std::string filter;
  std::vector<std::string> set;
  bool inactive = false;
  bool dry_run = false;
  bool replace = false;
  bool json = false;
};

std::string joined(const Json& list, const char* between) {
  std::string text;
  for (const Json& item : list)
    text += (text.empty() ? "" : between) + printable(item.get<std::string>());
  return text;
}

std::string executor_name(const Json& executor) {
  return fmt::format("{}/{}", joined(executor.at("components"), " -> "),
                     executor.at("index").get<std::uint64_t>());
}

// What has another node than before; of a topology that is new nothing has.
std::string moves(const Json& answer) {
  std::string text;
  std::size_t stay = 0, all = 0;
  for (const Json& executor : answer.at("executors")) {
    ++all;
    const auto before = executor.at("nodeBefore").get<std::string>();
    const auto node = executor.at("node").get<std::string>();
    if (before == node) ++stay;
    if (before == node || before.empty()) continue;
    text += fmt::format("moves: {} from {} to {}\n", executor_name(executor), printable(before),
                        node.empty() ? "nowhere yet" : printable(node));
  }
  return fmt::format("{} of {} executors stay where they are\n{}", stay, all, text);
}

std::string plan_text(const Json& answer) {
  TextTable table({"EXECUTOR", ">TASKS", "NODE"});
  for (const Json& executor : answer.at("executors")) {
    const auto node = executor.at("node").get<std::string>();
    table.add({executor_name(executor), std::to_string(executor.at("tasks").get<std::uint64_t>()),
               node.empty() ? "-" : node});
  }
  std::string text = table.empty() ? "" : table.text();
  const auto replaces = answer.at("replaces").get<std::string>();
  if (replaces.empty()) return text + "nothing of that name runs\n";
  text += fmt::format("replaces {}\n", printable(replaces));
  if (!answer.at("changed").empty())
    text += fmt::format("changed: {}\n", joined(answer.at("changed"), ", "));
  return text + moves(answer);
}

std::string waits(const Json& answer) {
  std::string text;
  for (const Json& reason : answer.at("unplaced"))
    text += fmt::format("waits: {}\n", printable(reason.get<std::string>()));
  return text;
}

Result<std::string> submit(const SubmitArgs& args, ClusterClient& client) {
  const cluster::Submission submission = DNSTORM_TRY(make_submission(
      args.topology, {args.filter, args.set, environment_variables()}));
  const Json body = {
      {"submission", Json::parse(cluster::to_json(submission))},
      {"options",
       {{"inactive", args.inactive}, {"dry_run", args.dry_run}, {"replace", args.replace}}}};
  const Json answer = DNSTORM_TRY(client.post("/topology", body));
  if (args.json) return pretty(answer);
  if (args.dry_run) return plan_text(answer) + waits(answer);
  return fmt::format("{} is submitted as {}\n{}", printable(submission.name),
                     printable(answer.at("topologyId").get<std::string>()), waits(answer));
}

}  // namespace

void add_submit_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<SubmitArgs>();
  CLI::App* command = app.add_subcommand("submit", "Run a topology on a cluster");
  command
      ->add_option("topology", args->topology,
                   "Topology file (YAML); ${ENV-NAME} in it is the NAME of this environment")
      ->required();
  command->add_option("--filter", args->filter,
                      "Properties file (key = value) with what stands for ${key} in the topology");
  command->add_option("--set", args->set, "Override a property: component.property=value")
      ->take_all()
      ->allow_extra_args(false);
  command->add_flag("--dry-run", args->dry_run,
                    "Only show which executor would run where, and what would change");
  command->add_flag("--inactive", args->inactive,
                    "Its spouts are asked for no rows until it is activated");
  command->add_flag("--replace", args->replace,
                    "Change the topology of that name that runs to this one");
  command->add_flag("--json", args->json, "JSON, for programs");
  command->footer(
      "Examples:\n"
      "  dnstorm submit mine.yaml --to collector:7371 --dry-run\n"
      "  DNSTORM_TOKEN=... dnstorm submit mine.yaml --to one,two,three --set out.url=...");
  set_cluster_verb(*command, chosen, args,
                   [args](ClusterClient& client) { return submit(*args, client); });
}

}  // namespace dnstorm::cli
