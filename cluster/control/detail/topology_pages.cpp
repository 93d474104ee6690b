#include <algorithm>
#include <set>

#include "cluster/control/detail/pages.hpp"

namespace dnstorm::cluster::detail {

namespace {

// What every answer about a topology begins with.
void add_identity(Json& json, const Scene& scene, const TopologyView& topology) {
  json["id"] = topology.record.id;
  json["name"] = topology.record.submission.name;
  json["status"] = status_of(topology.status);
  json["statusReason"] = topology.reason;
  add_uptime(json, scene.now.wall - topology.record.submitted);
  json["tasksTotal"] = topology.shape.tasks;
  json["workersTotal"] = topology.workers.size();
  json["executorsTotal"] = topology.shape.executors.size();
}

void add_resources(Json& json, const TopologyView& topology) {
  const Resources asked = resources(topology.shape);
  Resources given;
  for (const std::string& node : topology.record.assignment.nodes()) {
    const Resources its = resources_on(topology, node);
    given.cores += its.cores;
    given.memory += its.memory;
  }
  json["requestedMemOnHeap"] = megabytes(asked.memory);
  json["requestedMemOffHeap"] = 0.0;
  json["requestedTotalMem"] = megabytes(asked.memory);
  json["requestedCpu"] = asked.cores * 100;
  json["assignedMemOnHeap"] = megabytes(given.memory);
  json["assignedMemOffHeap"] = 0.0;
  json["assignedTotalMem"] = megabytes(given.memory);
  json["assignedCpu"] = given.cores * 100;
  json["schedulerDisplayResource"] = true;
}

Counts spouts_of(const TopologyView& topology, const StatsBook::Window& window) {
  Counts sum;
  for (const ComponentShape& component : topology.shape.components)
    if (component.spout) sum.add(counts_of(window, component.id));
  return sum;
}

// Rows are worked off where they end: at the bolts that nobody reads from.
Counts ends_of(const TopologyView& topology, const StatsBook::Window& window) {
  std::set<std::string> read;
  for (const ComponentShape& component : topology.shape.components) {
    read.insert(component.reads.begin(), component.reads.end());
    for (const auto& [edge, unused] : counts_of(window, component.id).inputs)
      read.insert(edge.first);
  }
  Counts sum;
  for (const ComponentShape& component : topology.shape.components)
    if (!component.spout && !read.contains(component.id)) sum.add(counts_of(window, component.id));
  return sum;
}

Json stats_entry(const Scene& scene, const TopologyView& topology, DurationNs length) {
  const StatsBook::Window window = scene.book.window(topology.record.id, length, scene.now.steady);
  std::uint64_t emitted = 0;
  for (const auto& [id, counts] : window.components) emitted += counts.emitted;
  const Counts spouts = spouts_of(topology, window);
  return {{"windowPretty", window_hint(length)},
          {"window", window_name(length)},
          {"emitted", emitted},
          {"transferred", emitted},
          {"completeLatency", three_decimals(latency_ms(ends_of(topology, window)))},
          {"acked", spouts.acked},
          {"failed", spouts.failed},
          {"rowsPerSecond", per_second(spouts.emitted, window.seconds)}};
}

Json component_tasks(const TopologyView& topology, const std::string& node) {
  Json json = Json::object();
  for (std::size_t i = 0; i < topology.shape.executors.size(); ++i) {
    if (node_of(topology, i) != node) continue;
    const ExecutorShape& executor = topology.shape.executors[i];
    for (const std::string& component : executor.components) {
      const std::size_t tasks =
          executor.tasks.size() / std::max<std::size_t>(executor.components.size(), 1);
      json[component] = json.value(component, std::size_t{0}) + tasks;
    }
  }
  return json;
}

// Of an executor on a node: what it runs, and what its time went to. The tasks of one executor
// share one thread.
Json executor_entry(const Scene& scene, const TopologyView& topology, std::size_t which) {
  const ExecutorShape& executor = topology.shape.executors[which];
  const StatsBook::Tasks& tasks = scene.book.tasks(topology.record.id);
  Json names = Json::array();
  double busy = 0, blocked = 0;
  for (std::uint32_t task : executor.tasks) {
    std::uint32_t first = 0;
    for (const ComponentShape& component : topology.shape.components) {
      if (task >= first && task < first + component.tasks) {
        const std::uint32_t index = task - first;
        names.push_back(component.id + "/" + std::to_string(index));
        if (auto its = tasks.find({component.id, index}); its != tasks.end()) {
          busy += its->second.share(&Counts::busy_ns);
          blocked += its->second.share(&Counts::blocked_ns);
        }
      }
      first += component.tasks;
    }
  }
  busy = std::min(busy, 1.0);
  return {{"tasks", std::move(names)}, {"busy", busy}, {"blocked", std::min(blocked, 1.0 - busy)}};
}

Json executors_of(const Scene& scene, const TopologyView& topology, const std::string& node) {
  Json list = Json::array();
  for (std::size_t i = 0; i < topology.shape.executors.size(); ++i)
    if (node_of(topology, i) == node) list.push_back(executor_entry(scene, topology, i));
  return list;
}

void add_process(Json& json, const StatsBook::Worker* worker) {
  json["usedCpu"] = worker != nullptr ? worker->cores() * 100 : 0.0;
  json["usedMem"] = worker != nullptr ? megabytes(worker->now.memory_bytes) : 0.0;
  json["links"] = Json::array();
  if (worker == nullptr) return;
  for (const LinkNumbers& link : worker->now.links)
    json["links"].push_back({{"node", link.node},
                             {"connected", link.connected},
                             {"bytesSentPerSecond", worker->sent_per_second(link)},
                             {"bytesReceivedPerSecond", worker->received_per_second(link)},
                             {"roundTripMs", static_cast<double>(link.round_trip_ns) / 1e6},
                             {"framesResent", link.frames_resent}});
}

std::size_t executors_on(const TopologyView& topology, const std::string& node) {
  const auto& nodes = topology.record.assignment.node_of_executor;
  return static_cast<std::size_t>(std::count(nodes.begin(), nodes.end(), node));
}

}  // namespace

Json topology_entry(const Scene& scene, const TopologyView& topology) {
  Json json;
  add_identity(json, scene, topology);
  json["owner"] = "dnstorm";
  json["replicationCount"] = 1;
  add_resources(json, topology);
  json["restarts"] = topology.restarts;
  json["lastRestart"] = topology.last_restart;
  json["incarnation"] = topology.record.assignment.incarnation;
  const auto recent = scene.book.window(topology.record.id, StatsBook::recent, scene.now.steady);
  json["rowsPerSecond"] = per_second(spouts_of(topology, recent).emitted, recent.seconds);
  return json;
}

Json topology_summary(const Scene& scene) {
  Json list = Json::array();
  for (const TopologyView& topology : scene.view.topologies)
    list.push_back(topology_entry(scene, topology));
  return {{"topologies", std::move(list)}, {"schedulerDisplayResource", true}};
}

Json workers_of(const Scene& scene, const TopologyView& topology, std::string_view only) {
  Json list = Json::array();
  for (std::size_t i = 0; i < topology.workers.size() && i < topology.worker_nodes.size(); ++i) {
    const std::string& name = topology.worker_nodes[i];
    if (!only.empty() && name != only) continue;
    const WorkerReport& worker = topology.workers[i];
    const NodeView* node = find_node(scene.view, name);
    const Resources asked = resources_on(topology, name);
    Json json = {{"supervisorId", name},
                 {"host", node != nullptr ? node->report.host : name},
                 {"port", port_of(worker.endpoint)},
                 {"topologyId", topology.record.id},
                 {"topologyName", topology.record.submission.name},
                 {"executorsTotal", executors_on(topology, name)},
                 {"assignedMemOnHeap", megabytes(asked.memory)},
                 {"assignedMemOffHeap", 0.0},
                 {"assignedCpu", asked.cores * 100},
                 {"componentNumTasks", component_tasks(topology, name)}};
    add_uptime(json, scene.now.steady - topology.since);
    json["workerLogLink"] = "/api/v1/logs?topology=" + topology.record.id + "&node=" + name;
    json["state"] = status_of(worker.state);
    json["incarnation"] = worker.incarnation;
    json["pid"] = worker.pid;
    json["error"] = worker.error;
    json["executors"] = executors_of(scene, topology, name);
    add_process(json, scene.book.worker(topology.record.id, name));
    list.push_back(std::move(json));
  }
  return list;
}

Json topology_workers(const TopologyView& topology) {
  Json list = Json::array();
  for (std::size_t i = 0; i < topology.workers.size() && i < topology.worker_nodes.size(); ++i)
    list.push_back(
        {{"host", topology.worker_nodes[i]}, {"port", port_of(topology.workers[i].endpoint)}});
  return {{"hostPortList", std::move(list)}, {"logviewerPort", 0}};
}

Json topology_page(const Scene& scene, const TopologyView& topology, DurationNs length) {
  const TopologyShape& shape = topology.shape;
  Json json;
  add_identity(json, scene, topology);
  json["owner"] = "dnstorm";
  json["msgTimeout"] = shape.message_timeout / ns_per_s;
  json["window"] = window_name(length);
  json["windowHint"] = window_hint(length);
  json["replicationCount"] = 1;
  json["debug"] = false;
  json["samplingPct"] = 0.0;
  add_resources(json, topology);
  json["restarts"] = topology.restarts;
  json["lastRestart"] = topology.last_restart;
  json["incarnation"] = topology.record.assignment.incarnation;
  json["checkpoint"] = topology.record.checkpoint;
  json["topologyStats"] = Json::array();
  for (DurationNs window : StatsBook::windows)
    if (window != StatsBook::recent)
      json["topologyStats"].push_back(stats_entry(scene, topology, window));
  json["topologyStats"].push_back(stats_entry(scene, topology, StatsBook::all_time));
  json["workers"] = workers_of(scene, topology, "");
  const auto window = scene.book.window(topology.record.id, length, scene.now.steady);
  json["spouts"] = Json::array();
  json["bolts"] = Json::array();
  for (const ComponentShape& component : shape.components) {
    if (component.spout)
      json["spouts"].push_back(spout_entry(scene, topology, component, window));
    else
      json["bolts"].push_back(bolt_entry(scene, topology, component, window));
  }
  json["configuration"] = {{"storm.id", topology.record.id},
                           {"topology.name", topology.record.submission.name},
                           {"topology.workers", shape.workers},
                           {"topology.message.timeout.secs", shape.message_timeout / ns_per_s},
                           {"topology.file", topology.record.submission.file}};
  return json;
}

}  // namespace dnstorm::cluster::detail
