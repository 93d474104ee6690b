#include <fmt/format.h>

#include "engine/api/schema.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::plan {

namespace {

// What decides what a component's saved state means.
std::string meaning(const ComponentPlan& component) {
  std::string text =
      fmt::format("{} {} {}\n", component.id, component.op->name, component.options.canonical());
  for (const InputPlan& input : component.inputs) {
    text += fmt::format("  {} {} {} {}\n", input.component, input.stream,
                        static_cast<int>(input.grouping), fmt::join(input.fields, ","));
    if (input.custom)
      text += fmt::format("  {} {}\n", input.custom->def->name, input.custom->options.canonical());
  }
  for (const OutputPlan& output : component.outputs) {
    text += output.name + ":";
    if (output.schema != nullptr)
      for (const Field& field : output.schema->fields()) text += field.name + ",";
    text += "\n";
  }
  return text;
}

}  // namespace

std::uint64_t fingerprint(const Plan& plan) {
  std::string text = plan.name + "\n";
  for (const ComponentPlan& component : plan.components) text += meaning(component);
  return hash_bytes(text);
}

std::uint64_t digest(const ComponentPlan& component) {
  std::string text = meaning(component);
  const PlaceRule& place = component.place;
  text +=
      fmt::format("{} {} {} {} {} {}\n", component.executors, place.per_node ? 0 : component.tasks,
                  place.label, place.node, place.per_node, fmt::join(place.apart, ","));
  for (const auto& [name, value] : component.settings) text += fmt::format("{}={}\n", name, value);
  for (const TaskHookDef* hook : component.hooks) text += hook->name + "\n";
  return hash_bytes(text);
}

}  // namespace dnstorm::plan
