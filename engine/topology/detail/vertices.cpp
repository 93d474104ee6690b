#include "engine/topology/detail/vertices.hpp"

#include "engine/topology/detail/place_rule.hpp"
#include "engine/topology/detail/written.hpp"

namespace dnstorm::topology::detail {

void Vertices::read(const Node& node, std::string_view kind, std::vector<Component>& into) {
  Fields fields(node, fmt::format("a {}", kind), problems_);
  Component component;
  component.place = node.place;
  if (const Node* id = ids_.read(fields, kind)) {
    component.id = id->text;
    component.place = id->place;
  }
  if (const Node* name = fields.require_scalar("className")) {
    component.class_name = name->text;
    component.class_name_place = name->place;
  }
  read_parallelism(fields, component);
  static_cast<WrittenOptions&>(component) = read_written(fields, objects_, problems_);
  refuse_factory(fields, "an operator");
  component.rule = read_place_rule(fields, problems_);
  refuse_numbers(fields, component);
  read_loads(fields, component);
  fields.finish();
  into.push_back(std::move(component));
}

// Of a component with one task on each node: how many tasks it has is not its author's to say.
void Vertices::refuse_numbers(const Fields& fields, const Component& component) {
  if (!component.rule.per_node) return;
  for (Place place : {component.parallelism_place, component.num_tasks_place})
    if (place.line != 0)
      problems_.add(place, fmt::format("{} has 'per: node' and so one task on each node: neither "
                                       "parallelism nor a number of tasks is of use",
                                       fields.what()));
}

// Flux's words for three settings; what `config` says stands above them.
void Vertices::read_loads(Fields& fields, Component& component) {
  constexpr std::pair<const char*, const char*> loads[] = {
      {"onHeapMemoryLoad", "topology.component.resources.onheap.memory.mb"},
      {"offHeapMemoryLoad", "topology.component.resources.offheap.memory.mb"},
      {"cpuLoad", "topology.component.cpu.pcore.percent"}};
  for (auto [key, setting] : loads) {
    const Entry* entry = fields.find(key);
    if (!fields.amount(key)) continue;
    if (auto option = raw_option(key, entry->place, *entry->value, problems_))
      component.config.emplace(setting, std::move(*option));
  }
}

void Vertices::read_hook(const Node& node, std::vector<WorkerHook>& into) {
  Fields fields(node, "a worker hook", problems_);
  WorkerHook hook;
  if (const Node* id = ids_.read(fields, "worker hook")) hook.id = id->text;
  if (const Node* name = fields.require_scalar("className")) {
    hook.class_name = name->text;
    hook.class_name_place = name->place;
  }
  static_cast<WrittenOptions&>(hook) = read_written(fields, objects_, problems_);
  refuse_factory(fields, "a worker hook");
  fields.finish();
  into.push_back(std::move(hook));
}

void Vertices::read_parallelism(Fields& fields, Component& component) {
  if (auto executors = fields.number("parallelism", 1, tasks_max)) {
    component.parallelism = *executors;
    component.parallelism_place = fields.find("parallelism")->value->place;
  }
  if (auto tasks = fields.number("numTasks", 1, tasks_max)) {
    component.num_tasks = *tasks;
    component.num_tasks_place = fields.find("numTasks")->value->place;
  }
  const Entry* config = fields.find("config");
  if (config != nullptr && config->value->kind != Node::Kind::null)
    read_config(*config->value, fields, component);
}

void Vertices::read_config(const Node& config, const Fields& owner, Component& component) {
  Fields fields(config, fmt::format("'config' of {}", owner.what()), problems_);
  if (auto tasks = fields.number("topology.tasks", 1, tasks_max)) {
    Place place = fields.find("topology.tasks")->value->place;
    if (component.num_tasks != 0 && component.num_tasks != *tasks)
      problems_.add(place,
                    fmt::format("topology.tasks of {} is {}, but numTasks is {}; one of them is "
                                "enough",
                                owner.what(), *tasks, component.num_tasks));
    component.num_tasks = *tasks;
    component.num_tasks_place = place;
  }
  // Which other keys there are is known to plan.
  for (const Entry& entry : config.entries) {
    if (entry.key == "topology.tasks") continue;
    if (auto option = raw_option(entry.key, entry.place, *entry.value, problems_))
      component.config.emplace(entry.key, std::move(*option));
  }
}

}  // namespace dnstorm::topology::detail
