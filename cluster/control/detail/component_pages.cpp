#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cluster/control/detail/pages.hpp"

namespace dnstorm::cluster::detail {

namespace {

constexpr double ns_per_milli = 1e6;

double mean_ms(std::uint64_t ns, std::uint64_t rows) {
  return rows == 0 ? 0.0 : static_cast<double>(ns) / static_cast<double>(rows) / ns_per_milli;
}

// What its executors ask for; a chain is asked for at its head.
Resources resources_of(const TopologyView& topology, const std::string& component) {
  Resources sum;
  for (const ExecutorShape& executor : topology.shape.executors) {
    if (executor.components.empty() || executor.components.front() != component) continue;
    sum.cores += executor.cores;
    sum.memory += executor.memory;
  }
  return sum;
}

// Workers end with an error as a whole: it is told at each component that runs there.
const WorkerReport* failed_worker(const TopologyView& topology, const std::string& component,
                                  std::string& node) {
  for (std::size_t i = 0; i < topology.workers.size() && i < topology.worker_nodes.size(); ++i) {
    if (topology.workers[i].error.empty()) continue;
    node = topology.worker_nodes[i];
    for (std::size_t k = 0; k < topology.shape.executors.size(); ++k) {
      const auto& chain = topology.shape.executors[k].components;
      if (node_of(topology, k) == node &&
          std::find(chain.begin(), chain.end(), component) != chain.end())
        return &topology.workers[i];
    }
  }
  return nullptr;
}

void add_error(Json& json, const Scene& scene, const TopologyView& topology,
               const std::string& component) {
  std::string node;
  const WorkerReport* worker = failed_worker(topology, component, node);
  json["lastError"] = worker != nullptr ? worker->error : "";
  json["errorHost"] = worker != nullptr ? node : "";
  json["errorPort"] = worker != nullptr ? Json(port_of(worker->endpoint)) : Json();
  json["errorWorkerLogLink"] =
      worker != nullptr ? "/api/v1/logs?topology=" + topology.record.id + "&node=" + node : "";
  const DurationNs ago = scene.now.steady - topology.since;
  json["errorTime"] = worker != nullptr ? Json((scene.now.wall - ago) / ns_per_s) : Json();
  json["errorLapsedSecs"] = worker != nullptr ? Json(ago / ns_per_s) : Json();
}

Json entry_of(const char* id_key, const TopologyView& topology, const ComponentShape& component,
              const Counts& counts, double seconds) {
  const Resources asked = resources_of(topology, component.id);
  return {{id_key, component.id},
          {"executors", component.executors},
          {"tasks", component.tasks},
          {"emitted", counts.emitted},
          {"transferred", counts.emitted},
          {"acked", counts.acked},
          {"failed", counts.failed},
          {"emittedPerSecond", per_second(counts.emitted, seconds)},
          {"busyShare", capacity(counts, component.executors, seconds)},
          {"requestedMemOnHeap", megabytes(asked.memory)},
          {"requestedMemOffHeap", 0.0},
          {"requestedCpu", asked.cores * 100}};
}

Json summary_entry(const Scene& scene, const TopologyView& topology,
                   const ComponentShape& component, DurationNs length) {
  const auto window = scene.book.window(topology.record.id, length, scene.now.steady);
  const Counts& counts = counts_of(window, component.id);
  Json json = {{"windowPretty", window_hint(length)},
               {"window", window_name(length)},
               {"emitted", counts.emitted},
               {"transferred", counts.emitted},
               {"acked", counts.acked},
               {"failed", counts.failed}};
  if (component.spout) {
    json["completeLatency"] = three_decimals(latency_ms(counts));
    return json;
  }
  json["executed"] = counts.executed;
  json["executeLatency"] = three_decimals(execute_ms(counts));
  json["processLatency"] = three_decimals(process_ms(counts));
  return json;
}

Json input_stats(const Counts& counts) {
  Json list = Json::array();
  for (const auto& [edge, input] : counts.inputs)
    list.push_back({{"component", edge.first},
                    {"encodedComponentId", edge.first},
                    {"stream", edge.second},
                    {"executed", input.rows},
                    {"executeLatency", three_decimals(execute_ms(counts))},
                    {"processLatency",
                     three_decimals(mean_ms(input.wait_ns, input.rows) + execute_ms(counts))},
                    {"acked", input.rows},
                    {"failed", 0}});
  return list;
}

// One line a task: dnstorm counts by task, and an executor's range of them is [first-last].
Json executor_stats(const Scene& scene, const TopologyView& topology,
                    const ComponentShape& component) {
  Json list = Json::array();
  for (const auto& [key, task] : scene.book.tasks(topology.record.id)) {
    if (key.first != component.id) continue;
    const NodeView* node = find_node(scene.view, task.node);
    const Counts& counts = task.worker;
    const DurationNs up = scene.now.steady - task.begun;
    Json json = {{"id", fmt::format("[{}-{}]", key.second, key.second)},
                 {"encodedId", fmt::format("[{}-{}]", key.second, key.second)},
                 {"host", node != nullptr ? node->report.host : task.node},
                 {"supervisorId", task.node},
                 {"port", 0}};
    for (std::size_t i = 0; i < topology.workers.size() && i < topology.worker_nodes.size(); ++i)
      if (topology.worker_nodes[i] == task.node)
        json["port"] = port_of(topology.workers[i].endpoint);
    add_uptime(json, up);
    json["emitted"] = counts.emitted;
    json["transferred"] = counts.emitted;
    json["acked"] = counts.acked;
    json["failed"] = counts.failed;
    json["executed"] = counts.executed;
    json["executeLatency"] = three_decimals(execute_ms(counts));
    json["processLatency"] = three_decimals(process_ms(counts));
    json["completeLatency"] = three_decimals(component.spout ? latency_ms(counts) : 0);
    json["capacity"] = three_decimals(capacity(counts, 1, static_cast<double>(up) / 1e9));
    list.push_back(std::move(json));
  }
  return list;
}

Json errors_of(const Scene& scene, const TopologyView& topology, const std::string& component) {
  Json last;
  add_error(last, scene, topology, component);
  if (last.at("errorHost") == "") return Json::array();
  return Json::array({{{"error", last.at("lastError")},
                       {"errorHost", last.at("errorHost")},
                       {"errorPort", last.at("errorPort")},
                       {"errorTime", last.at("errorTime")},
                       {"errorLapsedSecs", last.at("errorLapsedSecs")},
                       {"errorWorkerLogLink", last.at("errorWorkerLogLink")}}});
}

}  // namespace

double execute_ms(const Counts& counts) { return mean_ms(counts.busy_ns, counts.executed); }

double latency_ms(const Counts& counts) { return mean_ms(counts.latency_ns, counts.latency_count); }

// Storm's: from the arrival of a row to the end of the call that worked it off.
double process_ms(const Counts& counts) {
  InputCounts all;
  for (const auto& [edge, input] : counts.inputs) {
    all.rows += input.rows;
    all.wait_ns += input.wait_ns;
  }
  return mean_ms(all.wait_ns, all.rows) + execute_ms(counts);
}

double capacity(const Counts& counts, std::uint32_t executors, double seconds) {
  if (executors == 0 || seconds <= 0) return 0;
  return static_cast<double>(counts.busy_ns) / 1e9 / seconds / executors;
}

double per_second(std::uint64_t rows, double seconds) {
  return seconds > 0 ? std::round(static_cast<double>(rows) / seconds * 10) / 10 : 0.0;
}

const Counts& counts_of(const StatsBook::Window& window, const std::string& component) {
  static const Counts none;
  auto found = window.components.find(component);
  return found == window.components.end() ? none : found->second;
}

Json spout_entry(const Scene& scene, const TopologyView& topology, const ComponentShape& component,
                 const StatsBook::Window& window) {
  const Counts& counts = counts_of(window, component.id);
  Json json = entry_of("spoutId", topology, component, counts, window.seconds);
  json["completeLatency"] = three_decimals(latency_ms(counts));
  add_error(json, scene, topology, component.id);
  return json;
}

Json bolt_entry(const Scene& scene, const TopologyView& topology, const ComponentShape& component,
                const StatsBook::Window& window) {
  const Counts& counts = counts_of(window, component.id);
  Json json = entry_of("boltId", topology, component, counts, window.seconds);
  json["executed"] = counts.executed;
  json["executedPerSecond"] = per_second(counts.executed, window.seconds);
  json["capacity"] = three_decimals(capacity(counts, component.executors, window.seconds));
  json["executeLatency"] = three_decimals(execute_ms(counts));
  json["processLatency"] = three_decimals(process_ms(counts));
  add_error(json, scene, topology, component.id);
  return json;
}

Json component_page(const Scene& scene, const TopologyView& topology,
                    const ComponentShape& component, DurationNs length) {
  const auto window = scene.book.window(topology.record.id, length, scene.now.steady);
  const Counts& counts = counts_of(window, component.id);
  const Resources asked = resources_of(topology, component.id);
  Json json = {{"id", component.id},
               {"name", topology.record.submission.name},
               {"encodedId", component.id},
               {"componentType", component.spout ? "spout" : "bolt"},
               {"executors", component.executors},
               {"tasks", component.tasks},
               {"topologyId", topology.record.id},
               {"topologyName", topology.record.submission.name},
               {"topologyStatus", status_of(topology.status)},
               {"window", window_name(length)},
               {"windowHint", window_hint(length)},
               {"requestedMemOnHeap", megabytes(asked.memory)},
               {"requestedMemOffHeap", 0.0},
               {"requestedCpu", asked.cores * 100},
               {"schedulerDisplayResource", true},
               {"debug", false},
               {"samplingPct", 0.0}};
  Json summary = Json::array();
  for (DurationNs each : StatsBook::windows)
    if (each != StatsBook::recent)
      summary.push_back(summary_entry(scene, topology, component, each));
  summary.push_back(summary_entry(scene, topology, component, StatsBook::all_time));
  json[component.spout ? "spoutSummary" : "boltStats"] = std::move(summary);
  if (!component.spout) json["inputStats"] = input_stats(counts);
  json["outputStats"] = Json::array(
      {{{"stream", ":all"}, {"emitted", counts.emitted}, {"transferred", counts.emitted}}});
  json["executorStats"] = executor_stats(scene, topology, component);
  json["componentErrors"] = errors_of(scene, topology, component.id);
  return json;
}

}  // namespace dnstorm::cluster::detail
