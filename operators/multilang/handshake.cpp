#include "operators/multilang/handshake.hpp"

namespace dnstorm::operators {

namespace {

// Settings are kept as they were written; a child expects what YAML would have made of them.
Json json_of_setting(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  bool scalar = value.is_number() || value.is_boolean() || value.is_null();
  return scalar ? value : Json(text);
}

Json make_conf(const TaskContext& task, const std::vector<std::string>& over) {
  Json conf = Json::object();
  if (task.view) {
    auto own = task.view->config.find(task.component);
    if (own != task.view->config.end())
      for (const auto& [name, value] : own->second) conf[name] = json_of_setting(value);
  }
  for (const std::string& setting : over) {
    std::size_t equals = setting.find('=');
    std::string value = equals == std::string::npos ? "" : setting.substr(equals + 1);
    conf[setting.substr(0, equals)] = json_of_setting(value);
  }
  // A name such as 1984 is a name.
  conf["topology.name"] = task.topology;
  return conf;
}

// The names of Storm's Thrift union. A global grouping is a fields grouping without fields there,
// a partial key grouping a class of its own, as a custom one is.
Json grouping_of(const TopologyView::Edge& edge) {
  if (edge.grouping == "FIELDS") return {{"type", "FIELDS"}, {"fields", edge.fields}};
  if (edge.grouping == "GLOBAL") return {{"type", "FIELDS"}, {"fields", Json::array()}};
  if (edge.grouping == "PARTIAL_KEY" || edge.grouping == "CUSTOM")
    return {{"type", "CUSTOM_SERIALIZED"}};
  return {{"type", edge.grouping}};
}

Json make_context(const TaskContext& task, const HandshakeParts& parts) {
  Json context = {{"taskid", task.task_id},
                  {"componentid", task.component},
                  {"task->component", Json::object()},
                  {"streams", Json::array()},
                  {"stream->outputfields", Json::object()},
                  {"stream->target->grouping", Json::object()},
                  {"source->stream->grouping", Json::object()},
                  {"source->stream->fields", Json::object()}};
  for (const StreamDecl& stream : parts.streams) {
    Json fields = Json::array();
    for (const Field& field : stream.fields) fields.push_back(field.name);
    context["streams"].push_back(stream.name);
    context["stream->outputfields"][stream.name] = std::move(fields);
    context["stream->target->grouping"][stream.name] = Json::object();
  }
  for (const Input& input : task.inputs) {
    Json fields = parts.reads;
    for (const Field& field : input.schema->fields())
      if (parts.reads.empty()) fields.push_back(field.name);
    context["source->stream->fields"][input.component][input.stream] = std::move(fields);
  }
  if (!task.view) return context;
  for (const TopologyView::Component& component : task.view->components)
    for (std::uint32_t i = 0; i < component.tasks; ++i)
      context["task->component"][std::to_string(component.first_task + i)] = component.id;
  for (const TopologyView::Edge& edge : task.view->edges) {
    if (edge.from == task.component)
      context["stream->target->grouping"][edge.stream][edge.to] = grouping_of(edge);
    if (edge.to == task.component)
      context["source->stream->grouping"][edge.from][edge.stream] = grouping_of(edge);
  }
  return context;
}

}  // namespace

Json make_handshake(const TaskContext& task, const HandshakeParts& parts,
                    const std::string& pid_dir) {
  return {{"conf", make_conf(task, parts.conf)},
          {"pidDir", pid_dir},
          {"context", make_context(task, parts)}};
}

std::string setting_of(const TaskContext& task, const std::string& name) {
  if (!task.view) return {};
  auto own = task.view->config.find(task.component);
  if (own == task.view->config.end()) return {};
  auto found = own->second.find(name);
  return found == own->second.end() ? "" : found->second;
}

std::uint32_t first_task_of(const TaskContext& task, const std::string& component) {
  if (!task.view) return 0;
  for (const TopologyView::Component& one : task.view->components)
    if (one.id == component) return one.first_task;
  return 0;
}

}  // namespace dnstorm::operators
