#include <algorithm>

#include "cluster/control/detail/pages.hpp"

namespace dnstorm::cluster::detail {

namespace {

// dnstorm has no slots: a node runs one worker for each topology that has executors there. What is
// told as slots is the workers that run, and one more where another could.
std::size_t free_slots(const NodeView& node) { return node.status == NodeStatus::alive ? 1 : 0; }

// Of an executor's chain, the components that it has tasks of.
std::size_t executors_of(const ClusterView& view) {
  std::size_t sum = 0;
  for (const TopologyView& topology : view.topologies) sum += topology.shape.executors.size();
  return sum;
}

std::size_t tasks_of(const ClusterView& view) {
  std::size_t sum = 0;
  for (const TopologyView& topology : view.topologies) sum += topology.shape.tasks;
  return sum;
}

Json supervisor_entry(const Scene& scene, const NodeView& node) {
  const Report& report = node.report;
  const double cpu = report.cores * 100, memory = megabytes(report.memory);
  const double used_cpu = node.cores_used * 100, used_memory = megabytes(node.memory_used);
  Json json = {{"id", report.node}, {"host", report.host}};
  add_uptime(json, scene.now.steady - node.joined);
  json["slotsTotal"] = report.workers.size() + free_slots(node);
  json["slotsUsed"] = report.workers.size();
  json["slotsFree"] = free_slots(node);
  json["schedulerDisplayResource"] = true;
  json["totalMem"] = memory;
  json["totalCpu"] = cpu;
  json["usedMem"] = used_memory;
  json["usedCpu"] = used_cpu;
  json["availMem"] = std::max(memory - used_memory, 0.0);
  json["availCpu"] = std::max(cpu - used_cpu, 0.0);
  json["version"] = report.version;
  json["blacklisted"] = node.status == NodeStatus::draining;
  json["status"] = status_of(node.status);
  json["statusReason"] = node.reason;
  json["labels"] = report.labels;
  json["silentSeconds"] = static_cast<double>((scene.now.steady - node.heard) / ns_per_ms) / 1e3;
  return json;
}

}  // namespace

Json configuration_page(const Scene& scene) {
  Json json = Json::object();
  for (const auto& [key, value] : scene.options.configuration) json[key] = value;
  return json;
}

Json cluster_summary(const Scene& scene) {
  const ClusterView& view = scene.view;
  std::size_t used = 0, open = 0;
  double cpu = 0, memory = 0, used_cpu = 0, used_memory = 0;
  for (const NodeView& node : view.nodes) {
    used += node.report.workers.size();
    open += free_slots(node);
    cpu += node.report.cores * 100;
    memory += megabytes(node.report.memory);
    used_cpu += node.cores_used * 100;
    used_memory += megabytes(node.memory_used);
  }
  return {{"stormVersion", scene.options.version},
          {"supervisors", view.nodes.size()},
          {"topologies", view.topologies.size()},
          {"slotsTotal", used + open},
          {"slotsUsed", used},
          {"slotsFree", open},
          {"executorsTotal", executors_of(view)},
          {"tasksTotal", tasks_of(view)},
          {"schedulerDisplayResource", true},
          {"totalMem", memory},
          {"totalCpu", cpu},
          {"availMem", std::max(memory - used_memory, 0.0)},
          {"availCpu", std::max(cpu - used_cpu, 0.0)},
          {"memAssignedPercentUtil", percent(used_memory, memory)},
          {"cpuAssignedPercentUtil", percent(used_cpu, cpu)},
          {"term", view.term},
          {"unreadableStats", scene.book.unreadable()}};
}

Json nimbus_summary(const std::vector<CoordinatorInfo>& coordinators) {
  Json list = Json::array();
  for (const CoordinatorInfo& it : coordinators) {
    const std::int64_t up = it.up / ns_per_s;
    list.push_back({{"host", it.host},
                    {"port", it.port},
                    {"status", !it.alive  ? "Dead"
                               : it.leads ? "Leader"
                                          : "Not a Leader"},
                    {"version", it.version},
                    {"nimbusUpTime", pretty_seconds(up)},
                    {"nimbusUpTimeSeconds", std::to_string(up)},
                    {"nimbusLogLink", "/api/v1/logs"}});
  }
  return {{"nimbuses", std::move(list)}};
}

Json supervisor_summary(const Scene& scene) {
  Json list = Json::array();
  for (const NodeView& node : scene.view.nodes) list.push_back(supervisor_entry(scene, node));
  return {{"supervisors", std::move(list)}, {"schedulerDisplayResource", true}};
}

Json supervisor_page(const Scene& scene, std::string_view id, std::string_view host) {
  Json supervisors = Json::array(), workers = Json::array();
  for (const NodeView& node : scene.view.nodes) {
    const Report& report = node.report;
    if (!id.empty() ? report.node != id : !host.empty() && report.host != host) continue;
    supervisors.push_back(supervisor_entry(scene, node));
    for (const TopologyView& topology : scene.view.topologies)
      for (Json& worker : workers_of(scene, topology, report.node))
        workers.push_back(std::move(worker));
  }
  return {{"supervisors", std::move(supervisors)},
          {"workers", std::move(workers)},
          {"schedulerDisplayResource", true}};
}

Json history_summary(const Scene& scene) {
  Json ids = Json::array();
  for (const TopologyView& topology : scene.view.topologies) ids.push_back(topology.record.id);
  return {{"topo-history", std::move(ids)}};
}

// dnstorm has no users: all topologies are of one owner, to whom nothing is guaranteed.
Json owner_resources(const Scene& scene) {
  Resources asked;
  std::size_t workers = 0;
  for (const TopologyView& topology : scene.view.topologies) {
    const Resources its = resources(topology.shape);
    asked.cores += its.cores;
    asked.memory += its.memory;
    workers += topology.workers.size();
  }
  const double memory = megabytes(asked.memory), cpu = asked.cores * 100;
  Json owner = {{"owner", "dnstorm"},
                {"totalTopologies", scene.view.topologies.size()},
                {"totalExecutors", executors_of(scene.view)},
                {"totalWorkers", workers},
                {"totalTasks", tasks_of(scene.view)},
                {"totalMemoryUsage", memory},
                {"totalCpuUsage", cpu},
                {"totalReqOnHeapMem", memory},
                {"totalReqOffHeapMem", 0.0},
                {"totalReqMem", memory},
                {"totalReqCpu", cpu},
                {"totalAssignedOnHeapMem", memory},
                {"totalAssignedOffHeapMem", 0.0}};
  for (const char* none : {"memoryGuarantee", "cpuGuarantee", "isolatedNodes",
                           "memoryGuaranteeRemaining", "cpuGuaranteeRemaining"})
    owner[none] = "N/A";
  return {{"owners", Json::array({std::move(owner)})}, {"schedulerDisplayResource", true}};
}

Json logs_page(const std::vector<NumberedLine>& lines) {
  Json list = Json::array();
  for (const auto& [number, line] : lines)
    list.push_back({{"number", number},
                    {"time", format_time(line.wall / ns_per_ms * ns_per_ms)},
                    {"node", line.node},
                    {"topology", line.topology},
                    {"level", line.level},
                    {"text", line.text}});
  return {{"lines", std::move(list)}};
}

}  // namespace dnstorm::cluster::detail
