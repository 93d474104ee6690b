// dnstorm list, status: what a cluster runs, and how it is.
#include <CLI/CLI.hpp>

#include "cli/cluster_verb.hpp"
#include "cli/text_table.hpp"

namespace dnstorm::cli {

namespace {

struct StatusArgs : ClusterArgs {
  std::string topology;
  bool json = false;
};

std::string text(const Json& json, const char* key) { return json.at(key).get<std::string>(); }

// What is not as it should be is said below the table, in full.
std::string remarks(const Json& list, const char* name, const char* reason) {
  std::string said;
  for (const Json& entry : list)
    if (!text(entry, reason).empty())
      said += fmt::format("{}: {}\n", printable(text(entry, name)), printable(text(entry, reason)));
  return said;
}

std::string topologies_text(const Json& page) {
  const Json& list = page.at("topologies");
  if (list.empty()) return "no topologies\n";
  TextTable table({"TOPOLOGY", "STATUS", "UP", ">WORKERS", ">EXECUTORS", ">TASKS", ">ROWS/S",
                   ">RESTARTS", "ID"});
  for (const Json& it : list)
    table.add({text(it, "name"), text(it, "status"), text(it, "uptime"),
               number_text(it, "workersTotal"), number_text(it, "executorsTotal"),
               number_text(it, "tasksTotal"), number_text(it, "rowsPerSecond"),
               number_text(it, "restarts"), text(it, "id")});
  return table.text() + remarks(list, "name", "statusReason");
}

std::string labels_text(const Json& labels) {
  std::string said;
  for (const Json& label : labels) said += (said.empty() ? "" : ",") + label.get<std::string>();
  return said.empty() ? "-" : said;
}

std::string nodes_text(const Json& page) {
  const Json& list = page.at("supervisors");
  if (list.empty()) return "no nodes\n";
  TextTable table({"NODE", "STATUS", "UP", ">WORKERS", ">CORES", ">USED", ">MB", ">USED", "LABELS",
                   "HOST", "VERSION"});
  for (const Json& it : list)
    table.add({text(it, "id"), text(it, "status"), text(it, "uptime"), number_text(it, "slotsUsed"),
               fmt::format("{:.1f}", it.at("totalCpu").get<double>() / 100),
               fmt::format("{:.1f}", it.at("usedCpu").get<double>() / 100),
               number_text(it, "totalMem"), number_text(it, "usedMem"),
               labels_text(it.at("labels")), text(it, "host"), text(it, "version")});
  return table.text() + remarks(list, "id", "statusReason");
}

std::string components_text(const Json& page) {
  TextTable table({"COMPONENT", "KIND", ">EXECUTORS", ">TASKS", ">EXECUTED", ">EMITTED", ">ACKED",
                   ">FAILED", ">CAPACITY", ">MS/ROW"});
  for (const Json& it : page.at("spouts"))
    table.add({text(it, "spoutId"), "spout", number_text(it, "executors"), number_text(it, "tasks"),
               "-", number_text(it, "emitted"), number_text(it, "acked"), number_text(it, "failed"),
               "-", "-"});
  for (const Json& it : page.at("bolts"))
    table.add({text(it, "boltId"), "bolt", number_text(it, "executors"), number_text(it, "tasks"),
               number_text(it, "executed"), number_text(it, "emitted"), number_text(it, "acked"),
               number_text(it, "failed"), text(it, "capacity"), text(it, "executeLatency")});
  return table.text();
}

std::string workers_text(const Json& list) {
  if (list.empty()) return "no workers\n";
  TextTable table({"NODE", "STATE", ">EXECUTORS", ">PID", ">PORT"});
  for (const Json& it : list)
    table.add({text(it, "supervisorId"), text(it, "state"), number_text(it, "executorsTotal"),
               std::to_string(it.at("pid").get<std::int64_t>()),
               std::to_string(it.at("port").get<std::int64_t>())});
  return table.text() + remarks(list, "supervisorId", "error");
}

std::string topology_text(const Json& page) {
  std::string head =
      fmt::format("{}  {}  up {}  {} restarts\n", printable(text(page, "id")), text(page, "status"),
                  text(page, "uptime"), page.at("restarts").get<std::uint64_t>());
  for (const char* reason : {"statusReason", "lastRestart"})
    if (!text(page, reason).empty())
      head += fmt::format("{}: {}\n",
                          reason == std::string_view("lastRestart") ? "last restart" : "reason",
                          printable(text(page, reason)));
  return head + "\n" + components_text(page) + "\n" + workers_text(page.at("workers"));
}

Result<std::string> list(const StatusArgs& args, ClusterClient& client) {
  const Json page = DNSTORM_TRY(client.get("/topology/summary"));
  return args.json ? pretty(page) : topologies_text(page);
}

Result<std::string> status(const StatusArgs& args, ClusterClient& client) {
  if (!args.topology.empty()) {
    const Json page = DNSTORM_TRY(client.get(topology_path(args.topology)));
    return args.json ? pretty(page) : topology_text(page);
  }
  Json all;
  all["cluster"] = DNSTORM_TRY(client.get("/cluster/summary"));
  all["nimbuses"] = DNSTORM_TRY(client.get("/nimbus/summary")).at("nimbuses");
  all["supervisors"] = DNSTORM_TRY(client.get("/supervisor/summary")).at("supervisors");
  all["topologies"] = DNSTORM_TRY(client.get("/topology/summary")).at("topologies");
  if (args.json) return pretty(all);
  TextTable coordinators({"COORDINATOR", "STATUS", "UP", "VERSION"});
  for (const Json& it : all["nimbuses"])
    coordinators.add({fmt::format("{}:{}", text(it, "host"), it.at("port").get<int>()),
                      text(it, "status"), text(it, "nimbusUpTime"), text(it, "version")});
  return coordinators.text() + "\n" + nodes_text(all) + "\n" + topologies_text(all);
}

}  // namespace

void add_list_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<StatusArgs>();
  CLI::App* command = app.add_subcommand("list", "Show the topologies of a cluster");
  command->add_flag("--json", args->json, "JSON, for programs");
  command->footer("Example:\n  dnstorm list --to collector:7371");
  set_cluster_verb(*command, chosen, args,
                   [args](ClusterClient& client) { return list(*args, client); });
}

void add_status_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<StatusArgs>();
  CLI::App* command =
      app.add_subcommand("status", "Show how a cluster is, or one of its topologies");
  command->add_option("topology", args->topology, "Name or id; otherwise the whole cluster");
  command->add_flag("--json", args->json, "JSON, for programs");
  command->footer(
      "Examples:\n  dnstorm status --to collector:7371\n"
      "  dnstorm status mine --to collector:7371 --json");
  set_cluster_verb(*command, chosen, args,
                   [args](ClusterClient& client) { return status(*args, client); });
}

}  // namespace dnstorm::cli
