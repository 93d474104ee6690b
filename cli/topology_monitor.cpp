#include "cli/topology_monitor.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/stall.hpp"

namespace dnstorm::cli {

namespace {

using Json = nlohmann::ordered_json;
using runtime::RunStatus;
using runtime::TaskLatency;
using runtime::TaskQueue;
using runtime::TaskStatus;

constexpr DurationNs shortest = ns_per_s;        // between two looks
constexpr DurationNs window_max = 3 * ns_per_s;  // that rates are taken over
constexpr std::uint64_t long_wait = ns_per_s;    // shorter ones are how a topology breathes
constexpr DurationNs too_old = 10 * ns_per_s;

const TaskStatus* find(const RunStatus& status, const TaskStatus& like) {
  for (const TaskStatus& task : status.tasks)
    if (task.component == like.component && task.index == like.index) return &task;
  return nullptr;
}

const TaskLatency* find(const std::vector<TaskLatency>& latencies, const TaskStatus& like) {
  for (const TaskLatency& task : latencies)
    if (task.component == like.component && task.index == like.index) return &task;
  return nullptr;
}

const TaskQueue* find(const std::vector<TaskQueue>& queues, const TaskStatus& like) {
  for (const TaskQueue& task : queues)
    if (task.component == like.component && task.index == like.index) return &task;
  return nullptr;
}

// To that fraction of one: 10, 1000.
double rounded(double value, double parts) { return std::round(value * parts) / parts; }

Json micros(std::uint64_t ns) { return rounded(static_cast<double>(ns) / 1e3, 10); }

Json quantiles(const HistogramSnapshot& seen) {
  if (seen.count() == 0) return nullptr;
  return {{"p50", micros(seen.quantile(0.5))},
          {"p90", micros(seen.quantile(0.9))},
          {"p99", micros(seen.quantile(0.99))},
          {"p999", micros(seen.quantile(0.999))},
          {"max", micros(seen.max())}};
}

// How a number has grown since `before`, by the second.
struct Growth {
  double seconds;

  Json rate(std::uint64_t now, std::uint64_t before) const {
    double grown = static_cast<double>(now - std::min(now, before));
    return seconds > 0 ? rounded(grown / seconds, 10) : 0.0;
  }
  Json share(std::uint64_t now_ns, std::uint64_t before_ns) const {
    double grown = static_cast<double>(now_ns - std::min(now_ns, before_ns)) / 1e9;
    return seconds > 0 ? std::min(rounded(grown / seconds, 1000), 1.0) : 0.0;
  }
};

Json waiting_json(const TaskStatus& task) {
  if (task.waits_for.empty()) return nullptr;
  const char* why = task.waits_for == "acks" ? "acks" : task.blocked ? "room" : "rows";
  return {{"who", task.waits_for},
          {"why", why},
          {"for_s", rounded(static_cast<double>(task.waiting_ns) / 1e9, 1000)}};
}

Json counters_json(const TaskStatus& task) {
  Json json = Json::object();
  for (const NamedValue& counter : task.counters) json[counter.name] = counter.value;
  return json;
}

Json errors_json(const std::vector<runtime::Failure>& failures, const std::string& component) {
  Json json = Json::array();
  for (const runtime::Failure& failure : failures)
    if (failure.component == component)
      json.push_back({{"t", failure.at / ns_per_ms}, {"what", failure.what}});
  return json;
}

Json stall_json(const RunStatus& status) {
  const auto stall = find_stall(status, long_wait);
  if (!stall || status.finished) return nullptr;
  return {{"source", stall->source},
          {"cause", stall->cause},
          {"for_s", rounded(static_cast<double>(stall->since_ns) / 1e9, 1000)}};
}

Json task_json(const TaskStatus& task, const TaskStatus& before, const TaskLatency* latency,
               Growth growth) {
  Json json = {{"task", task.index},
               {"executed", task.executed},
               {"emitted", task.emitted},
               {"acked", task.acked},
               {"failed", task.failed},
               {"executed_per_s", growth.rate(task.executed, before.executed)},
               {"emitted_per_s", growth.rate(task.emitted, before.emitted)},
               {"busy", growth.share(task.busy_ns, before.busy_ns)},
               {"blocked", growth.share(task.blocked_ns, before.blocked_ns)},
               {"idle", growth.share(task.idle_ns, before.idle_ns)}};
  json["latency_us"] = latency != nullptr ? quantiles(latency->latency) : nullptr;
  json["execute_us"] = latency != nullptr ? quantiles(latency->execute) : nullptr;
  json["waits_for"] = waiting_json(task);
  json["counters"] = counters_json(task);
  return json;
}

// The rows that waited on one edge, over all tasks of its reader.
HistogramSnapshot edge_wait(const std::vector<TaskLatency>& latencies, const std::string& to,
                            std::size_t input) {
  HistogramSnapshot all;
  for (const TaskLatency& task : latencies)
    if (task.component == to && input < task.edges.size()) all.merge(task.edges[input].wait);
  return all;
}

// How long the tasks of one component have waited for room at those of another.
std::uint64_t edge_blocked(const std::vector<TaskQueue>& queues, const std::string& from,
                           const std::string& to) {
  std::uint64_t sum = 0;
  for (const TaskQueue& task : queues)
    if (task.component == from)
      for (const auto& [reader, blocked] : task.blocked_ns)
        if (reader == to) sum += blocked;
  return sum;
}

Json tasks_json(const TopologyMonitor::Look& now, const RunStatus& before, Growth growth,
                const std::string& component) {
  Json tasks = Json::array();
  for (const TaskStatus& task : now.status.tasks) {
    if (task.component != component) continue;
    const TaskStatus* earlier = find(before, task);
    tasks.push_back(task_json(task, earlier != nullptr ? *earlier : TaskStatus{},
                              find(now.latencies, task), growth));
    const TaskQueue* queue = find(now.queues, task);
    tasks.back()["inbox_rows"] = queue != nullptr && queue->rows ? Json(*queue->rows) : nullptr;
  }
  std::sort(tasks.begin(), tasks.end(),
            [](const Json& a, const Json& b) { return a.at("task") < b.at("task"); });
  return tasks;
}

}  // namespace

TopologyMonitor::Seen TopologyMonitor::seen_of(const Look& look) const {
  Seen seen{look.steady, look.status, {}, {}};
  for (const plan::ComponentPlan& component : plan_.components)
    for (std::size_t i = 0; i < component.inputs.size(); ++i) {
      const std::size_t source = plan::source_of(plan_, component.inputs[i]).first;
      seen.edge_rows.push_back(edge_wait(look.latencies, component.id, i).count());
      seen.edge_blocked.push_back(
          edge_blocked(look.queues, plan_.components[source].id, component.id));
    }
  return seen;
}

std::string TopologyMonitor::json(TimeNs steady, const std::function<Look()>& look) {
  if (!text_.empty() && steady - text_at_ < shortest) return text_;
  Look now = look();
  Seen seen = seen_of(now);
  while (!past_.empty() && (now.status.finished || now.steady - past_.front().at > too_old ||
                            (past_.size() > 1 && now.steady - past_[1].at >= window_max)))
    past_.pop_front();
  Seen start;
  start.at = started_;
  text_ = write(now, past_.empty() ? start : past_.front(), seen);
  text_at_ = steady;
  past_.push_back(std::move(seen));
  return text_;
}

std::string TopologyMonitor::write(const Look& now, const Seen& before, const Seen& seen) const {
  Growth growth{static_cast<double>(now.steady - before.at) / 1e9};
  Json json = {{"t", now.wall / ns_per_ms},       {"topology", plan_.name},
               {"finished", now.status.finished}, {"over_s", rounded(growth.seconds, 1000)},
               {"stall", stall_json(now.status)}, {"errors", errors_json(now.failures, "")},
               {"components", Json::array()},     {"edges", Json::array()}};
  auto at = [](const std::vector<std::uint64_t>& all, std::size_t edge) {
    return edge < all.size() ? all[edge] : 0;  // nothing was seen before the start
  };
  std::size_t edge = 0;
  for (const plan::ComponentPlan& component : plan_.components) {
    json["components"].push_back({{"id", component.id},
                                  {"kind", component.is_spout() ? "spout" : "bolt"},
                                  {"operator", component.op->name},
                                  {"errors", errors_json(now.failures, component.id)},
                                  {"tasks", tasks_json(now, before.status, growth, component.id)}});
    for (std::size_t i = 0; i < component.inputs.size(); ++i, ++edge) {
      const plan::InputPlan& input = component.inputs[i];
      auto [source, stream] = plan::source_of(plan_, input);
      const plan::ComponentPlan& from = plan_.components[source];
      Growth of_senders{growth.seconds * from.tasks};
      json["edges"].push_back(
          {{"from", from.id},
           {"stream", from.outputs[stream].name},
           {"to", component.id},
           {"grouping", topology::name_of(input.grouping)},
           {"fields", input.fields},
           {"rows", seen.edge_rows[edge]},
           {"rows_per_s", growth.rate(seen.edge_rows[edge], at(before.edge_rows, edge))},
           {"blocked", of_senders.share(seen.edge_blocked[edge], at(before.edge_blocked, edge))},
           {"wait_us", quantiles(edge_wait(now.latencies, component.id, i))}});
    }
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace dnstorm::cli
