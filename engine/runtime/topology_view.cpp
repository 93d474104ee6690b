#include "engine/runtime/topology_view.hpp"

namespace dnstorm::runtime {

namespace {

TopologyView::Component view_of(const plan::ComponentPlan& component) {
  TopologyView::Component view{component.id, component.first_task, component.tasks, {}};
  for (const plan::OutputPlan& output : component.outputs) {
    view.streams.push_back({output.name, {}});
    if (output.schema == nullptr) continue;
    for (const Field& field : output.schema->fields())
      view.streams.back().fields.push_back(field.name);
  }
  return view;
}

}  // namespace

std::shared_ptr<const TopologyView> make_view(const plan::Plan& plan) {
  auto view = std::make_shared<TopologyView>();
  for (const plan::ComponentPlan& component : plan.components) {
    if (component.feedback) continue;
    view->components.push_back(view_of(component));
    for (const plan::InputPlan& input : component.inputs) {
      auto [source, stream] = plan::source_of(plan, input);
      const plan::ComponentPlan& from = plan.components[source];
      view->edges.push_back({from.id, from.outputs[stream].name, component.id,
                             std::string(topology::name_of(input.grouping)), input.fields});
    }
    auto& config = view->config[component.id];
    config = component.settings;
    config["topology.name"] = plan.name;
    if (component.tick_period != 0)
      config["topology.tick.tuple.freq.secs"] = std::to_string(component.tick_period / ns_per_s);
  }
  return view;
}

}  // namespace dnstorm::runtime
