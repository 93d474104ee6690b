#include "engine/plan/plan.hpp"

namespace dnstorm::plan {

namespace {

std::string_view kind_name(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::spout:
      return "spout";
    case OperatorKind::bolt:
      return "bolt";
    case OperatorKind::sink:
      return "sink";
  }
  return "?";
}

std::string counted(std::uint32_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

std::string options_of(const CustomGrouping& custom) {
  std::string text;
  for (const OptionSpec& spec : custom.def->options)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", spec.name,
                        fmt::join(custom.options.texts(spec.name), ", "));
  return text.empty() ? "" : " {" + text + "}";
}

std::string input_line(const Plan& plan, const InputPlan& input) {
  auto [source, stream] = source_of(plan, input);
  const ComponentPlan& from = plan.components[source];
  std::string line = fmt::format("  <- {}/{} {}", from.id, from.outputs[stream].name,
                                 topology::name_of(input.grouping));
  if (topology::groups_by_key(input.grouping))
    line += fmt::format(" [{}]", fmt::join(input.fields, ", "));
  if (input.custom) line += " " + input.custom->def->name + options_of(*input.custom);
  if (input.by_load) line += " by load";
  const ComponentPlan& by = plan.components[input.component];
  if (by.feedback) line += fmt::format(", closes a cycle: comes by way of {}", by.id);
  return line + "\n";
}

std::string place_line(const ComponentPlan& component) {
  const PlaceRule& place = component.place;
  std::vector<std::string> parts;
  if (place.per_node)
    parts.push_back("on each node");
  else if (!place.node.empty())
    parts.push_back("on the node " + place.node);
  else if (!place.label.empty())
    parts.push_back("on nodes");
  if (!place.label.empty()) parts.back() += " with the label " + place.label;
  if (!place.apart.empty())
    parts.push_back(fmt::format("apart from {}", fmt::join(place.apart, ", ")));
  if (component.cores > 0) parts.push_back(fmt::format("{:g} cores an executor", component.cores));
  if (component.memory > 0)
    parts.push_back(
        fmt::format("{:.0f} MB an executor", static_cast<double>(component.memory) / (1 << 20)));
  return parts.empty() ? "" : fmt::format("  placed {}\n", fmt::join(parts, ", "));
}

std::string kind_of(const ComponentPlan& component) {
  return component.feedback ? "feedback" : std::string(kind_name(component.op->kind));
}

std::string output_line(const OutputPlan& output) {
  if (output.schema == nullptr) return fmt::format("  -> {}: no reader\n", output.name);
  std::string fields;
  for (const Field& field : output.schema->fields())
    fields += fmt::format("{}{} {}", fields.empty() ? "" : ", ", field.name, to_string(field.type));
  return fmt::format("  -> {}: {} ({} bytes a row)\n", output.name,
                     fields.empty() ? "no field" : fields, output.schema->row_size());
}

}  // namespace

std::string explain(const Plan& plan) {
  std::string threads =
      plan.config.threads == 0 ? "one thread a core" : counted(plan.config.threads, "thread");
  std::string text = fmt::format(
      "topology {}: {}, {}; {}, {} credits an edge, scheduler {}\n", plan.name,
      counted(static_cast<std::uint32_t>(plan.components.size()), "component"),
      counted(plan.task_count, "task"), threads, plan.config.credits, plan.config.scheduler);
  for (const ComponentPlan& component : plan.components) {
    std::string ids = component.tasks == 1
                          ? fmt::format("{}", component.first_task)
                          : fmt::format("{}-{}", component.first_task,
                                        component.first_task + component.tasks - 1);
    std::string where = component.chained_to
                            ? "chained to " + plan.components[*component.chained_to].id
                            : counted(component.executors, "executor");
    text += fmt::format("{} {} ({}): {}, {} {}\n", kind_of(component), component.id,
                        component.op->name, where, component.tasks == 1 ? "task" : "tasks", ids);
    text += place_line(component);
    for (const InputPlan& input : component.inputs) text += input_line(plan, input);
    for (const OutputPlan& output : component.outputs) text += output_line(output);
  }
  return text;
}

}  // namespace dnstorm::plan
