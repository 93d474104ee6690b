#include "cli/worker_numbers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace dnstorm::cli {

namespace {

using Json = nlohmann::json;

std::uint64_t number(const Json& json, const std::string& key) {
  return json.value(key, std::uint64_t{0});
}

Quantiles quantiles_of(const Json& json, const std::string& name) {
  return {number(json, name + "_count"),   number(json, name + "_ns_p50"),
          number(json, name + "_ns_p90"),  number(json, name + "_ns_p99"),
          number(json, name + "_ns_p999"), number(json, name + "_ns_max")};
}

runtime::TaskStatus status_of(const Json& json) {
  runtime::TaskStatus task;
  task.component = json.at("component").get<std::string>();
  task.index = json.value("index", std::uint32_t{0});
  task.spout = json.value("spout", false);
  task.executed = number(json, "executed");
  task.emitted = number(json, "emitted");
  task.rounds = number(json, "rounds");
  task.busy_ns = number(json, "busy_ns");
  task.blocked_ns = number(json, "blocked_ns");
  task.idle_ns = number(json, "idle_ns");
  task.blocked = json.value("blocked", false);
  task.waits_for = json.value("waits_for", "");
  task.waiting_ns = number(json, "waiting_ns");
  task.acked = number(json, "acked");
  task.failed = number(json, "failed");
  task.timed_out = number(json, "timed_out");
  task.replayed = number(json, "replayed");
  const Json counters = json.value("counters", Json::object());
  for (const auto& [name, value] : counters.items())
    task.counters.push_back({name, value.get<std::uint64_t>()});
  return task;
}

TaskNumbers task_of(const Json& json) {
  TaskNumbers task;
  task.status = status_of(json);
  task.latency = quantiles_of(json, "latency");
  task.execute = quantiles_of(json, "execute");
  const Json inputs = json.value("inputs", Json::array());
  for (const Json& input : inputs)
    task.inputs.push_back({input.at("from").get<std::string>(), input.value("stream", "default"),
                           quantiles_of(input, "wait")});
  if (json.contains("inbox_rows")) task.inbox_rows = number(json, "inbox_rows");
  task.blocked_on = json.value("blocked_on", task.blocked_on);
  return task;
}

}  // namespace

void Quantiles::merge(const Quantiles& other) {
  count += other.count;
  for (auto quantile :
       {&Quantiles::p50, &Quantiles::p90, &Quantiles::p99, &Quantiles::p999, &Quantiles::max})
    this->*quantile = std::max(this->*quantile, other.*quantile);
}

WorkerNumbers numbers_of(std::string_view text) {
  try {
    WorkerNumbers numbers;
    const Json json = Json::parse(text);
    for (const Json& task : json.at("tasks")) numbers.tasks.push_back(task_of(task));
    const Json failures = json.value("failures", Json::array());
    for (const Json& failure : failures)
      numbers.failures.push_back({failure.value("at", TimeNs{0}), failure.value("component", ""),
                                  failure.at("what").get<std::string>()});
    return numbers;
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace dnstorm::cli
