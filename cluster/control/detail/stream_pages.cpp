#include <algorithm>
#include <set>

#include "cluster/control/detail/pages.hpp"

namespace dnstorm::cluster::detail {

namespace {

// dnstorm counts what a component emits over all of its streams.
constexpr const char* all_streams = ":all";

Json one_stream(Json value) {
  return Json::array({{{"stream_id", all_streams}, {"value", std::move(value)}}});
}

Json by_input(const Counts& counts, Json (*value)(const InputCounts&, const Counts&)) {
  Json list = Json::array();
  for (const auto& [edge, input] : counts.inputs)
    list.push_back({{"component_id", edge.first},
                    {"stream_id", edge.second},
                    {"value", value(input, counts)}});
  return list;
}

Json metrics_entry(const ComponentShape& component, const Counts& counts) {
  Json json = {{"id", component.id},
               {"emitted", one_stream(counts.emitted)},
               {"transferred", one_stream(counts.emitted)}};
  if (component.spout) {
    json["acked"] = one_stream(counts.acked);
    json["failed"] = one_stream(counts.failed);
    json["complete_ms_avg"] = one_stream(three_decimals(latency_ms(counts)));
    return json;
  }
  auto rows = [](const InputCounts& input, const Counts&) -> Json { return input.rows; };
  auto none = [](const InputCounts&, const Counts&) -> Json { return 0; };
  json["acked"] = by_input(counts, rows);
  json["failed"] = by_input(counts, none);
  json["executed"] = by_input(counts, rows);
  json["executed_ms_avg"] = by_input(counts, [](const InputCounts&, const Counts& all) -> Json {
    return three_decimals(execute_ms(all));
  });
  json["process_ms_avg"] = by_input(counts, [](const InputCounts&, const Counts& all) -> Json {
    return three_decimals(process_ms(all));
  });
  return json;
}

// A topology that nobody has told numbers of yet has the edges of its plan.
Json inputs_of(const ComponentShape& component, const Counts& counts) {
  Json list = Json::array();
  std::set<std::string> told;
  auto add = [&](const std::string& from, const std::string& stream) {
    list.push_back({{":component", from}, {":stream", stream}, {":sani-stream", stream}});
    told.insert(from);
  };
  for (const auto& [edge, unused] : counts.inputs) add(edge.first, edge.second);
  for (const std::string& from : component.reads)
    if (!told.contains(from)) add(from, "default");
  return list;
}

Json task_stats(const Scene& scene, const TopologyView& topology, const std::string& component) {
  Json list = Json::array();
  for (const auto& [key, task] : scene.book.tasks(topology.record.id)) {
    if (key.first != component) continue;
    const NodeView* node = find_node(scene.view, task.node);
    list.push_back({{":host", node != nullptr ? node->report.host : task.node},
                    {":port", 0},
                    {":uptime_secs", (scene.now.steady - task.begun) / ns_per_s},
                    {":transferred", {{all_streams, task.worker.emitted}}}});
  }
  return list;
}

}  // namespace

Json metrics_page(const Scene& scene, const TopologyView& topology, DurationNs length) {
  const auto window = scene.book.window(topology.record.id, length, scene.now.steady);
  Json json = {{"window", window_name(length)},
               {"windowHint", window_hint(length)},
               {"spouts", Json::array()},
               {"bolts", Json::array()}};
  for (const ComponentShape& component : topology.shape.components)
    json[component.spout ? "spouts" : "bolts"].push_back(
        metrics_entry(component, counts_of(window, component.id)));
  return json;
}

Json visualization_page(const Scene& scene, const TopologyView& topology, DurationNs length) {
  const auto window = scene.book.window(topology.record.id, length, scene.now.steady);
  Json json = Json::object();
  for (const ComponentShape& component : topology.shape.components) {
    const Counts& counts = counts_of(window, component.id);
    Json entry = {
        {":type", component.spout ? "spout" : "bolt"},
        {":latency", three_decimals(component.spout ? latency_ms(counts) : process_ms(counts))},
        {":transferred", {{all_streams, counts.emitted}}},
        {":stats", task_stats(scene, topology, component.id)},
        {":link", "/api/v1/topology/" + topology.record.id + "/component/" + component.id},
        {":inputs", inputs_of(component, counts)}};
    if (!component.spout)
      entry[":capacity"] = three_decimals(capacity(counts, component.executors, window.seconds));
    json[component.id] = std::move(entry);
  }
  return json;
}

}  // namespace dnstorm::cluster::detail
