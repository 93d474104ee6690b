#include "cluster/control/worker_stats.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace dnstorm::cluster {

namespace {

using Json = nlohmann::json;

struct Field {
  const char* name;
  std::uint64_t Counts::*number;
};
constexpr Field fields[] = {
    {"executed", &Counts::executed},    {"emitted", &Counts::emitted},
    {"acked", &Counts::acked},          {"failed", &Counts::failed},
    {"busy_ns", &Counts::busy_ns},      {"blocked_ns", &Counts::blocked_ns},
    {"idle_ns", &Counts::idle_ns},      {"latency_count", &Counts::latency_count},
    {"latency_ns", &Counts::latency_ns}};

std::uint64_t grown(std::uint64_t now, std::uint64_t before) {
  return now > before ? now - before : 0;
}

TaskStats read_task(const Json& json) {
  TaskStats task;
  task.component = json.at("component").get<std::string>();
  task.index = json.value("index", std::uint32_t{0});
  for (const Field& field : fields)
    task.counts.*field.number = json.value(field.name, std::uint64_t{0});
  for (const Json& input : json.value("inputs", Json::array())) {
    InputCounts& counts = task.counts.inputs[{input.at("from").get<std::string>(),
                                              input.value("stream", std::string("default"))}];
    counts.rows += input.value("rows", std::uint64_t{0});
    counts.wait_ns += input.value("wait_ns", std::uint64_t{0});
  }
  return task;
}

}  // namespace

void Counts::add(const Counts& other) {
  for (const Field& field : fields) this->*field.number += other.*field.number;
  for (const auto& [edge, counts] : other.inputs) {
    inputs[edge].rows += counts.rows;
    inputs[edge].wait_ns += counts.wait_ns;
  }
}

Counts Counts::since(const Counts& before) const {
  Counts counts;
  for (const Field& field : fields)
    counts.*field.number = grown(this->*field.number, before.*field.number);
  for (const auto& [edge, now] : inputs) {
    auto found = before.inputs.find(edge);
    InputCounts earlier = found == before.inputs.end() ? InputCounts{} : found->second;
    counts.inputs[edge] = {grown(now.rows, earlier.rows), grown(now.wait_ns, earlier.wait_ns)};
  }
  return counts;
}

std::string stats_to_json(const std::vector<TaskStats>& tasks) {
  Json list = Json::array();
  for (const TaskStats& task : tasks) {
    Json json = {{"component", task.component}, {"index", task.index}};
    for (const Field& field : fields) json[field.name] = task.counts.*field.number;
    json["inputs"] = Json::array();
    for (const auto& [edge, counts] : task.counts.inputs)
      json["inputs"].push_back({{"from", edge.first},
                                {"stream", edge.second},
                                {"rows", counts.rows},
                                {"wait_ns", counts.wait_ns}});
    list.push_back(std::move(json));
  }
  return Json{{"tasks", std::move(list)}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::vector<TaskStats>> stats_from_json(std::string_view text) {
  try {
    std::vector<TaskStats> tasks;
    const Json json = Json::parse(text);
    for (const Json& task : json.at("tasks")) tasks.push_back(read_task(task));
    return tasks;
  } catch (const std::exception& problem) {
    return Error{ErrorKind::data, fmt::format("no numbers of a worker: {}", problem.what()), {}};
  }
}

Result<ProcessStats> process_from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    ProcessStats stats;
    stats.cpu_ns = json.value("cpu_ns", std::uint64_t{0});
    stats.memory_bytes = json.value("memory_bytes", std::uint64_t{0});
    for (const Json& link : json.value("links", Json::array()))
      stats.links.push_back({link.at("node").get<std::string>(), link.value("connected", false),
                             link.value("bytes_sent", std::uint64_t{0}),
                             link.value("bytes_received", std::uint64_t{0}),
                             link.value("frames_resent", std::uint64_t{0}),
                             link.value("round_trip_ns", std::uint64_t{0})});
    return stats;
  } catch (const std::exception& problem) {
    return Error{ErrorKind::data, fmt::format("no numbers of a worker: {}", problem.what()), {}};
  }
}

}  // namespace dnstorm::cluster
