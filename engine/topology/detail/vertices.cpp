#include "engine/topology/detail/vertices.hpp"

namespace dnstorm::topology::detail {

namespace {

// Each with the place where it stands as an argument, which is not that of what it refers to.
std::vector<RawOption> raw_arguments(const std::string& name, const Entry* written,
                                     const std::vector<const Node*>& args, Problems& problems) {
  std::vector<RawOption> made;
  for (std::size_t i = 0; i < args.size(); ++i) {
    auto option = raw_option(fmt::format("{}[{}]", name, i), written->value->items[i]->place,
                             *args[i], problems);
    if (option) made.push_back(std::move(*option));
  }
  return made;
}

}  // namespace

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
  read_object(fields, component);
  for (const char* key : {"factory", "factoryArgs"})
    fields.refuse(key,
                  "is of no use: an operator has no factory; give 'constructorArgs' or "
                  "'properties'");
  // What Storm's scheduler has to know of a component; here one process has it all.
  for (const char* key : {"onHeapMemoryLoad", "offHeapMemoryLoad", "cpuLoad"}) fields.amount(key);
  fields.finish();
  into.push_back(std::move(component));
}

void Vertices::read_object(Fields& fields, Component& component) {
  ObjectDefinition object = objects_.define(fields);
  component.constructor_args =
      raw_arguments("constructorArgs", object.args, object.constructor_args, problems_);
  for (const Entry& property : object.properties) {
    auto option = raw_option(property.key, property.place, *property.value, problems_);
    if (option && !component.properties.emplace(property.key, std::move(*option)).second)
      problems_.add(property.place, fmt::format("property '{}' stands twice", shown(property.key)));
  }
  for (const ObjectCall& call : object.methods)
    component.methods.push_back(
        {call.name, call.place,
         raw_arguments(shown(call.name), call.written, call.args, problems_)});
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
