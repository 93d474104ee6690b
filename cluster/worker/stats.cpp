#include "cluster/worker/stats.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

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

// NAME_count, NAME_ns (the sum), NAME_ns_p50, ...
void add_histogram(Json& json, const std::string& name, const HistogramSnapshot& seen) {
  json[name + "_count"] = seen.count();
  json[name + "_ns"] = seen.sum();
  constexpr std::pair<const char*, double> quantiles[] = {
      {"_ns_p50", 0.5}, {"_ns_p90", 0.9}, {"_ns_p99", 0.99}, {"_ns_p999", 0.999}};
  for (const auto& [suffix, q] : quantiles) json[name + suffix] = seen.quantile(q);
  json[name + "_ns_max"] = seen.max();
}

void add_latency(Json& json, const runtime::TaskLatency& seen) {
  add_histogram(json, "latency", seen.latency);
  add_histogram(json, "execute", seen.execute);
  json["inputs"] = Json::array();
  for (const runtime::TaskLatency::Edge& edge : seen.edges) {
    Json input = {{"from", edge.from}, {"stream", edge.stream}, {"rows", edge.wait.count()}};
    add_histogram(input, "wait", edge.wait);
    json["inputs"].push_back(std::move(input));
  }
}

// What waits before it, where that is known, and for whom it has waited.
void add_queue(Json& json, const runtime::TaskQueue& queue) {
  if (queue.rows) json["inbox_rows"] = *queue.rows;
  json["blocked_on"] = Json::object();
  for (const auto& [reader, blocked] : queue.blocked_ns) json["blocked_on"][reader] = blocked;
}

Json failures_json(const std::vector<runtime::Failure>& failures) {
  Json all = Json::array();
  for (const runtime::Failure& failure : failures)
    all.push_back({{"at", failure.at}, {"component", failure.component}, {"what", failure.what}});
  return all;
}

template <class Seen>
const Seen* find(const std::vector<Seen>& all, const runtime::TaskStatus& task) {
  auto found = std::find_if(all.begin(), all.end(), [&](const Seen& of) {
    return of.component == task.component && of.index == task.index;
  });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::string to_json(const WorkerStats& stats) {
  Json tasks = Json::array();
  for (const runtime::TaskStatus& task : stats.status.tasks) {
    Json json = task_json(task);
    if (const auto* seen = find(stats.latencies, task)) add_latency(json, *seen);
    if (const auto* queue = find(stats.queues, task)) add_queue(json, *queue);
    tasks.push_back(std::move(json));
  }
  Json links = Json::array();
  for (const LinkStats& link : stats.links)
    links.push_back({{"node", link.node},
                     {"connected", link.connected},
                     {"bytes_sent", link.bytes_sent},
                     {"bytes_received", link.bytes_received},
                     {"frames_resent", link.frames_resent},
                     {"outbox_bytes", link.outbox_bytes},
                     {"round_trip_ns", link.round_trip}});
  return Json{{"tasks", std::move(tasks)},
              {"links", std::move(links)},
              {"failures", failures_json(stats.failures)},
              {"checkpoint", stats.checkpoint},
              {"cpu_ns", stats.cpu_ns},
              {"memory_bytes", stats.memory_bytes},
              {"finished", stats.status.finished}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace dnstorm::cluster
