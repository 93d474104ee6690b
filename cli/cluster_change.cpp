// dnstorm kill, drain, forget: what is taken from a cluster.
#include <CLI/CLI.hpp>

#include "cli/cluster_verb.hpp"
#include "cli/text_table.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cli {

namespace {

struct ChangeArgs : ClusterArgs {
  std::string name;
  std::string wait;
  bool undo = false;
};

Result<std::string> kill(const ChangeArgs& args, ClusterClient& client) {
  std::string path = topology_path(args.name) + "/kill";
  if (!args.wait.empty()) {
    if (!parse_duration(args.wait))
      return Error{ErrorKind::usage,
                   fmt::format("--wait takes a time such as 10s or 1500ms, not '{}'", args.wait),
                   ""};
    path += "/" + operators::percent_encode(args.wait);
  }
  const Json done = DNSTORM_TRY(client.post(path));
  return fmt::format("{} is being killed\n", printable(done.at("topologyId").get<std::string>()));
}

Result<std::string> change_node(const ChangeArgs& args, const char* action, const char* said,
                                ClusterClient& client) {
  const std::string path = fmt::format("/node/{}/{}", operators::percent_encode(args.name), action);
  DNSTORM_CHECK(client.post(path));
  return fmt::format("{} {}\n", printable(args.name), said);
}

}  // namespace

void add_kill_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<ChangeArgs>();
  CLI::App* command = app.add_subcommand(
      "kill", "End a topology of a cluster: its sources stop, what is under way is finished");
  command->add_option("topology", args->name, "Name or id")->required();
  command->add_option("--wait", args->wait,
                      "How long its sources go on (10s); otherwise its message timeout");
  command->footer("Example:\n  dnstorm kill mine --wait 10s --to collector:7371");
  set_cluster_verb(*command, chosen, args,
                   [args](ClusterClient& client) { return kill(*args, client); });
}

void add_drain_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<ChangeArgs>();
  CLI::App* command = app.add_subcommand(
      "drain", "Give a node of a cluster no more work, and move away what it has");
  command->add_option("node", args->name, "Its name")->required();
  command->add_flag("--undo", args->undo, "Give it work again");
  command->footer("Example:\n  dnstorm drain edge-3 --to collector:7371");
  set_cluster_verb(*command, chosen, args, [args](ClusterClient& client) {
    return args->undo ? change_node(*args, "undrain", "gets work again", client)
                      : change_node(*args, "drain", "gets no more work", client);
  });
}

void add_forget_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<ChangeArgs>();
  CLI::App* command = app.add_subcommand(
      "forget", "Take a node that is lost for good off the members of a cluster");
  command->add_option("node", args->name, "Its name")->required();
  command->footer("Example:\n  dnstorm forget edge-3 --to collector:7371");
  set_cluster_verb(*command, chosen, args, [args](ClusterClient& client) {
    return change_node(*args, "forget", "is no member any more", client);
  });
}

}  // namespace dnstorm::cli
