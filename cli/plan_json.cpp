#include "cli/plan_json.hpp"

#include <fmt/format.h>

#include "cli/board_data.hpp"
#include "cli/load.hpp"

namespace dnstorm::cli {

namespace {

using Json = nlohmann::ordered_json;

const char* kind_of(const plan::ComponentPlan& component) {
  if (component.feedback) return "feedback";
  if (component.is_spout()) return "spout";
  return component.op->kind == OperatorKind::sink ? "sink" : "bolt";
}

Json output_json(const plan::OutputPlan& output) {
  Json fields = nullptr;
  if (output.schema != nullptr) {
    fields = Json::array();
    for (const Field& field : output.schema->fields())
      fields.push_back({{"name", field.name}, {"type", to_string(field.type)}});
  }
  return {{"stream", output.name}, {"fields", std::move(fields)}};
}

Json component_json(const plan::Plan& plan, const plan::ComponentPlan& component) {
  Json outputs = Json::array();
  for (const plan::OutputPlan& output : component.outputs) outputs.push_back(output_json(output));
  Json chained = nullptr;
  if (component.chained_to) chained = plan.components[*component.chained_to].id;
  return {{"id", component.id},
          {"kind", kind_of(component)},
          {"operator", component.op->name},
          {"tasks", component.tasks},
          {"executors", component.executors},
          {"first_task", component.first_task},
          {"chained_to", std::move(chained)},
          {"outputs", std::move(outputs)}};
}

Json problems_json(const std::vector<topology::Diagnostic>& problems) {
  Json list = Json::array();
  for (const topology::Diagnostic& problem : problems)
    list.push_back(
        {{"line", problem.place.line}, {"column", problem.place.column}, {"what", problem.what}});
  return {{"problems", std::move(list)}};
}

// Loading one runs its code.
std::vector<topology::Diagnostic> refuse_plugins(const topology::Topology& topology) {
  std::vector<topology::Diagnostic> problems;
  for (const topology::Plugin& plugin : topology.plugins)
    problems.push_back(
        {plugin.place,
         fmt::format("the plug-in '{}' is not loaded for a drawing: dnstorm explain --json does it",
                     plugin.name)});
  return problems;
}

Json explain_text(const std::string& text) {
  topology::ReadResult read = topology::read_text(text, "topology.yaml");
  if (!read.ok()) return problems_json(read.problems);
  if (auto refused = refuse_plugins(read.topology); !refused.empty()) return problems_json(refused);
  const OperatorRegistry registry = builtin_registry();
  const plan::ExpandResult expanded = plan::expand(read.topology, registry);
  if (!expanded.ok()) return problems_json(expanded.problems);
  return {{"plan", plan_json(expanded.plan)}};
}

}  // namespace

Json plan_json(const plan::Plan& plan) {
  Json components = Json::array(), edges = Json::array();
  for (const plan::ComponentPlan& component : plan.components) {
    components.push_back(component_json(plan, component));
    for (const plan::InputPlan& input : component.inputs) {
      auto [source, stream] = plan::source_of(plan, input);
      const plan::ComponentPlan& from = plan.components[source];
      edges.push_back({{"from", from.id},
                       {"stream", from.outputs[stream].name},
                       {"to", component.id},
                       {"grouping", topology::name_of(input.grouping)},
                       {"fields", input.fields}});
    }
  }
  return {{"topology", plan.name},
          {"tasks", plan.task_count},
          {"components", std::move(components)},
          {"edges", std::move(edges)},
          {"text", plan::explain(plan)}};
}

ApiAnswer explain_answer(const ApiRequest& request) {
  if (request.method != "POST")
    return data_problem(405, "the text of a topology is sent with POST");
  // What is wrong with a text may quote it.
  return {.body = explain_text(request.body).dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace dnstorm::cli
