#include "cluster/worker/stats.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace dnstorm::cluster {

namespace {

using Json = nlohmann::json;

Json task_json(const runtime::TaskStatus& task) {
  Json counters = Json::object();
  for (const NamedValue& counter : task.counters) counters[counter.name] = counter.value;
  return {{"component", task.component},
          {"index", task.index},
          {"spout", task.spout},
          {"executed", task.executed},
          {"emitted", task.emitted},
          {"rounds", task.rounds},
          {"acked", task.acked},
          {"failed", task.failed},
          {"timed_out", task.timed_out},
          {"replayed", task.replayed},
          {"busy_ns", task.busy_ns},
          {"blocked_ns", task.blocked_ns},
          {"idle_ns", task.idle_ns},
          {"blocked", task.blocked},
          {"waits_for", task.waits_for},
          {"waiting_ns", task.waiting_ns},
          {"counters", std::move(counters)}};
}

void add_latency(Json& json, const runtime::TaskLatency& seen) {
  json["latency_count"] = seen.latency.count();
  json["latency_ns"] = seen.latency.sum();
  json["latency_ns_p50"] = seen.latency.quantile(0.5);
  json["latency_ns_p99"] = seen.latency.quantile(0.99);
  json["latency_ns_max"] = seen.latency.max();
  json["execute_count"] = seen.execute.count();
  json["execute_ns"] = seen.execute.sum();
  json["execute_ns_p99"] = seen.execute.quantile(0.99);
  json["inputs"] = Json::array();
  for (const runtime::TaskLatency::Edge& edge : seen.edges)
    json["inputs"].push_back({{"from", edge.from},
                              {"stream", edge.stream},
                              {"rows", edge.wait.count()},
                              {"wait_ns", edge.wait.sum()}});
}

}  // namespace

std::string to_json(const WorkerStats& stats) {
  Json tasks = Json::array();
  for (const runtime::TaskStatus& task : stats.status.tasks) {
    Json json = task_json(task);
    auto seen = std::find_if(stats.latencies.begin(), stats.latencies.end(), [&](const auto& of) {
      return of.component == task.component && of.index == task.index;
    });
    if (seen != stats.latencies.end()) add_latency(json, *seen);
    tasks.push_back(std::move(json));
  }
  Json links = Json::array();
  for (const LinkStats& link : stats.links)
    links.push_back({{"node", link.node},
                     {"connected", link.connected},
                     {"bytes_sent", link.bytes_sent},
                     {"bytes_received", link.bytes_received},
                     {"frames_resent", link.frames_resent},
                     {"outbox_bytes", link.outbox_bytes}});
  return Json{{"tasks", std::move(tasks)},
              {"links", std::move(links)},
              {"checkpoint", stats.checkpoint},
              {"finished", stats.status.finished}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace dnstorm::cluster
