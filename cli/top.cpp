#include "cli/top.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/cluster_verb.hpp"
#include "cli/text_table.hpp"

namespace dnstorm::cli {

namespace {

void add_components(TopPage& page, const Json& topology, const char* list, const char* id_key,
                    const char* kind) {
  for (const Json& component : topology.at(list))
    page["components"].push_back({{"topology", topology.at("name")},
                                  {"component", component.at(id_key)},
                                  {"kind", kind},
                                  {"tasks", component.at("tasks")},
                                  {"in_per_s", component.value("executedPerSecond", 0.0)},
                                  {"out_per_s", component.at("emittedPerSecond")},
                                  {"busy", component.at("busyShare")}});
}

TopPage empty_page() {
  return {{"topologies", Json::array()}, {"nodes", Json::array()}, {"components", Json::array()}};
}

std::string percent_text(const Json& share) {
  return fmt::format("{:.0f} %", 100 * std::clamp(share.get<double>(), 0.0, 1.0));
}

}  // namespace

TopPage top_of_cluster(const Json& topologies, const Json& nodes, const std::vector<Json>& pages) {
  TopPage page = empty_page();
  for (const Json& it : topologies.at("topologies"))
    page["topologies"].push_back({{"topology", it.at("name")},
                                  {"status", it.at("status")},
                                  {"workers", it.at("workersTotal")},
                                  {"tasks", it.at("tasksTotal")},
                                  {"rows_per_s", it.at("rowsPerSecond")}});
  for (const Json& it : nodes.at("supervisors"))
    page["nodes"].push_back({{"node", it.at("id")},
                             {"status", it.at("status")},
                             {"workers", it.at("slotsUsed")},
                             {"cores", it.at("totalCpu").get<double>() / 100},
                             {"cores_used", it.at("usedCpu").get<double>() / 100}});
  for (const Json& topology : pages) {
    add_components(page, topology, "spouts", "spoutId", "spout");
    add_components(page, topology, "bolts", "boltId", "bolt");
  }
  return page;
}

TopPage top_of_run(const Json& answer) {
  TopPage page = empty_page();
  std::size_t tasks = 0;
  double rows = 0;
  for (const Json& component : answer.at("components")) {
    double in = 0, out = 0, busy = 0;
    for (const Json& task : component.at("tasks")) {
      in += task.at("executed_per_s").get<double>();
      out += task.at("emitted_per_s").get<double>();
      busy = std::max(busy, task.at("busy").get<double>());
    }
    tasks += component.at("tasks").size();
    if (component.at("kind") == "spout") rows += out;
    page["components"].push_back({{"topology", answer.at("topology")},
                                  {"component", component.at("id")},
                                  {"kind", component.at("kind")},
                                  {"tasks", component.at("tasks").size()},
                                  {"in_per_s", in},
                                  {"out_per_s", out},
                                  {"busy", busy}});
  }
  page["topologies"].push_back(
      {{"topology", answer.at("topology")},
       {"status", answer.at("finished").get<bool>() ? "FINISHED" : "ACTIVE"},
       {"workers", 1},
       {"tasks", tasks},
       {"rows_per_s", rows}});
  return page;
}

std::string top_text(const TopPage& page) {
  auto text = [](const Json& json, const char* key) { return json.at(key).get<std::string>(); };
  TextTable topologies({"TOPOLOGY", "STATUS", ">WORKERS", ">TASKS", ">ROWS/S"});
  for (const Json& it : page.at("topologies"))
    topologies.add({text(it, "topology"), text(it, "status"), number_text(it, "workers"),
                    number_text(it, "tasks"), number_text(it, "rows_per_s")});
  TextTable nodes({"NODE", "STATUS", ">WORKERS", ">CORES", ">USED"});
  for (const Json& it : page.at("nodes"))
    nodes.add({text(it, "node"), text(it, "status"), number_text(it, "workers"),
               number_text(it, "cores"), number_text(it, "cores_used")});
  TextTable components({"TOPOLOGY", "COMPONENT", "KIND", ">TASKS", ">IN/S", ">OUT/S", ">BUSY"});
  for (const Json& it : page.at("components"))
    components.add({text(it, "topology"), text(it, "component"), text(it, "kind"),
                    number_text(it, "tasks"), number_text(it, "in_per_s"),
                    number_text(it, "out_per_s"), percent_text(it.at("busy"))});
  std::string all = topologies.empty() ? "no topologies\n" : topologies.text();
  if (!nodes.empty()) all += "\n" + nodes.text();
  if (!components.empty()) all += "\n" + components.text();
  return all;
}

}  // namespace dnstorm::cli
