#include "cli/cluster_run.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/stall.hpp"

namespace dnstorm::cli {

namespace {

using Json = nlohmann::ordered_json;
using runtime::TaskStatus;

constexpr std::uint64_t long_wait = ns_per_s;  // as of a run: how a topology breathes is no stall
constexpr std::size_t errors_max = 10;         // of a component

// A task, what it was before, and where it runs.
struct Shown {
  const TaskNumbers* now = nullptr;
  const TaskNumbers* before = nullptr;
  double seconds = 0;  // between the two
  const std::string* node = nullptr;
};

double rounded(double value, double parts) { return std::round(value * parts) / parts; }

Json micros(std::uint64_t ns) { return rounded(static_cast<double>(ns) / 1e3, 10); }

Json quantiles_json(const Quantiles& seen) {
  if (seen.count == 0) return nullptr;
  return {{"p50", micros(seen.p50)},
          {"p90", micros(seen.p90)},
          {"p99", micros(seen.p99)},
          {"p999", micros(seen.p999)},
          {"max", micros(seen.max)}};
}

double per_second(std::uint64_t now, std::uint64_t before, double seconds) {
  return seconds > 0 && now > before ? static_cast<double>(now - before) / seconds : 0.0;
}

Json waits_json(const TaskStatus& task) {
  if (task.waits_for.empty()) return nullptr;
  return {{"who", task.waits_for},
          {"why", task.waits_for == "acks" ? "acks"
                  : task.blocked           ? "room"
                                           : "rows"},
          {"for_s", rounded(static_cast<double>(task.waiting_ns) / 1e9, 1000)}};
}

Json counters_json(const TaskStatus& task) {
  Json json = Json::object();
  for (const NamedValue& counter : task.counters) json[counter.name] = counter.value;
  return json;
}

Json stall_json(const runtime::RunStatus& status) {
  const auto stall = find_stall(status, long_wait);
  if (!stall || status.finished) return nullptr;
  return {{"source", stall->source},
          {"cause", stall->cause},
          {"for_s", rounded(static_cast<double>(stall->since_ns) / 1e9, 1000)}};
}

// A failure and the node whose worker tells of it.
struct ToldFailure {
  const runtime::Failure* failure = nullptr;
  const std::string* node = nullptr;
};

// The last ones of a component, wherever its tasks run. `failures`: the oldest first.
Json errors_json(const std::vector<ToldFailure>& failures, const std::string& component) {
  std::vector<Json> all;
  for (const auto& [failure, node] : failures)
    if (failure->component == component)
      all.push_back(
          {{"t", failure->at / ns_per_ms}, {"what", failure->what + " (on " + *node + ")"}});
  if (all.size() > errors_max) all.erase(all.begin(), all.end() - errors_max);
  return all;
}

Json task_json(const Shown& shown) {
  const TaskStatus& task = shown.now->status;
  const TaskStatus before = shown.before != nullptr ? shown.before->status : task;
  auto rate = [&](std::uint64_t TaskStatus::*rows) {
    return rounded(per_second(task.*rows, before.*rows, shown.seconds), 10);
  };
  auto share = [&](std::uint64_t TaskStatus::*ns) {
    double of = per_second(task.*ns, before.*ns, shown.seconds) / 1e9;
    return std::min(rounded(of, 1000), 1.0);
  };
  return {{"task", task.index},
          {"executed", task.executed},
          {"emitted", task.emitted},
          {"acked", task.acked},
          {"failed", task.failed},
          {"executed_per_s", rate(&TaskStatus::executed)},
          {"emitted_per_s", rate(&TaskStatus::emitted)},
          {"busy", share(&TaskStatus::busy_ns)},
          {"blocked", share(&TaskStatus::blocked_ns)},
          {"idle", share(&TaskStatus::idle_ns)},
          {"latency_us", quantiles_json(shown.now->latency)},
          {"execute_us", quantiles_json(shown.now->execute)},
          {"waits_for", waits_json(task)},
          {"counters", counters_json(task)},
          {"inbox_rows", shown.now->inbox_rows ? Json(*shown.now->inbox_rows) : nullptr}};
}

// Of the time of all tasks of `from`, what they waited for room at the tasks of `to`.
double blocked_share(const std::string& from, const std::string& to, std::uint64_t senders,
                     const std::vector<Shown>& tasks) {
  double share = 0;
  for (const Shown& shown : tasks) {
    if (shown.now->status.component != from || shown.before == nullptr) continue;
    auto of = [&](const TaskNumbers& task) {
      auto found = task.blocked_on.find(to);
      return found == task.blocked_on.end() ? 0 : found->second;
    };
    share += per_second(of(*shown.now), of(*shown.before), shown.seconds) / 1e9;
  }
  return std::min(rounded(share / static_cast<double>(std::max<std::uint64_t>(senders, 1)), 1000),
                  1.0);
}

void add_place(Json& json, const std::string& node, const cluster::ClusterView& view,
               const cluster::TopologyView& topology) {
  json["node"] = node;
  json["host"] = node;
  json["pid"] = 0;
  for (const cluster::NodeView& other : view.nodes)
    if (other.report.node == node) json["host"] = other.report.host;
  for (std::size_t i = 0; i < topology.workers.size() && i < topology.worker_nodes.size(); ++i)
    if (topology.worker_nodes[i] == node) json["pid"] = topology.workers[i].pid;
}

Json edge_json(const plan::Plan& plan, const plan::ComponentPlan& component, std::size_t which,
               const std::vector<Shown>& tasks) {
  const plan::InputPlan& input = component.inputs[which];
  auto [source, stream] = plan::source_of(plan, input);
  Quantiles wait;
  double rate = 0;
  for (const Shown& shown : tasks) {
    if (shown.now->status.component != component.id || which >= shown.now->inputs.size()) continue;
    const Quantiles& its = shown.now->inputs[which].wait;
    wait.merge(its);
    if (shown.before != nullptr && which < shown.before->inputs.size())
      rate += per_second(its.count, shown.before->inputs[which].wait.count, shown.seconds);
  }
  const plan::ComponentPlan& from = plan.components[source];
  return {{"from", from.id},
          {"stream", from.outputs[stream].name},
          {"to", component.id},
          {"grouping", topology::name_of(input.grouping)},
          {"fields", input.fields},
          {"rows", wait.count},
          {"rows_per_s", rounded(rate, 10)},
          {"blocked", blocked_share(from.id, component.id, from.tasks, tasks)},
          {"wait_us", quantiles_json(wait)}};
}

const TaskNumbers* find(const std::vector<TaskNumbers>& tasks, const TaskStatus& like) {
  for (const TaskNumbers& task : tasks)
    if (task.status.component == like.component && task.status.index == like.index) return &task;
  return nullptr;
}

}  // namespace

const WorkerNumbers& ClusterRun::Told::read() {
  if (!numbers) numbers = numbers_of(text);
  return *numbers;
}

void ClusterRun::take(const cluster::WorkerNews& news, TimeNs now) {
  // A worker that is being ended may still speak.
  if (news.incarnation < incarnation_) return;
  if (news.incarnation > incarnation_) workers_.clear();
  incarnation_ = news.incarnation;
  ++news_;
  auto [entry, is_new] = workers_.try_emplace(news.node);
  Worker& worker = entry->second;
  if (!is_new) worker.before = std::move(worker.now);
  worker.now = {now, news.text, std::nullopt};
}

runtime::RunStatus ClusterRun::status(bool finished) {
  runtime::RunStatus status;
  status.finished = finished;
  for (auto& [node, worker] : workers_)
    for (const TaskNumbers& task : worker.now.read().tasks) status.tasks.push_back(task.status);
  return status;
}

std::string ClusterRun::topology_json(const plan::Plan& plan, const cluster::ClusterView& view,
                                      const cluster::TopologyView& topology, TimeNs wall) {
  std::vector<Shown> tasks;
  std::vector<ToldFailure> failures;
  double seconds = 0;
  static const std::vector<TaskNumbers> none;
  for (auto& [node, worker] : workers_) {
    const auto& before = worker.before ? worker.before->read().tasks : none;
    const double over =
        worker.before ? static_cast<double>(worker.now.at - worker.before->at) / 1e9 : 0;
    seconds = std::max(seconds, over);
    for (const runtime::Failure& failure : worker.now.read().failures)
      failures.push_back({&failure, &node});
    for (const TaskNumbers& task : worker.now.read().tasks)
      tasks.push_back({&task, find(before, task.status), over, &node});
  }
  std::sort(tasks.begin(), tasks.end(), [](const Shown& a, const Shown& b) {
    return a.now->status.index < b.now->status.index;
  });
  std::stable_sort(failures.begin(), failures.end(),
                   [](const auto& a, const auto& b) { return a.failure->at < b.failure->at; });
  const bool finished = topology.status == cluster::TopologyStatus::finished;
  Json json = {{"t", wall / ns_per_ms},
               {"topology", plan.name},
               {"finished", finished},
               {"over_s", rounded(seconds, 1000)},
               {"stall", stall_json(status(finished))},
               {"errors", errors_json(failures, "")},
               {"components", Json::array()},
               {"edges", Json::array()}};
  for (const plan::ComponentPlan& component : plan.components) {
    Json list = Json::array();
    for (const Shown& shown : tasks) {
      if (shown.now->status.component != component.id) continue;
      list.push_back(task_json(shown));
      add_place(list.back(), *shown.node, view, topology);
    }
    json["components"].push_back({{"id", component.id},
                                  {"kind", component.is_spout() ? "spout" : "bolt"},
                                  {"operator", component.op->name},
                                  {"errors", errors_json(failures, component.id)},
                                  {"tasks", std::move(list)}});
    for (std::size_t i = 0; i < component.inputs.size(); ++i)
      json["edges"].push_back(edge_json(plan, component, i, tasks));
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace dnstorm::cli
