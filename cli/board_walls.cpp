#include "cli/board_walls.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "cli/tap_edge.hpp"
#include "operators/sinks/board_panel.hpp"
#include "operators/sinks/point.hpp"

namespace dnstorm::cli {

namespace {

std::optional<std::string> only_name(const Schema& schema) {
  std::optional<std::string> name;
  for (const Field& field : schema.fields()) {
    if (!operators::names_row(field)) continue;
    if (name) return std::nullopt;
    name = field.name;
  }
  return name;
}

// Up from an input of a wall: past what only merges windows, to the rows that were counted.
std::optional<TapEdge> counted_rows(const plan::Plan& plan, const plan::InputPlan& input,
                                    const std::string& field) {
  const plan::ComponentPlan& counts = plan.components[plan::source_of(plan, input).first];
  for (const plan::InputPlan& rows : counts.inputs) {
    const auto [from, output] = plan::source_of(plan, rows);
    const plan::ComponentPlan& source = plan.components[from];
    const plan::OutputPlan& stream = source.outputs[output];
    if (stream.schema->find(Role::window_end)) return counted_rows(plan, rows, field);
    if (stream.schema->find(field)) return TapEdge{{}, source.id, stream.name, counts.id, {}};
  }
  return std::nullopt;
}

}  // namespace

namespace {

std::string panel_of(const plan::Plan& plan, const plan::ComponentPlan& sink,
                     const plan::InputPlan& input) {
  if (std::string panel = sink.options.text("panel"); !panel.empty()) return panel;
  const auto [from, output] = plan::source_of(plan, input);
  return operators::default_measurement(plan.components[from].id,
                                        plan.components[from].outputs[output].name);
}

}  // namespace

operators::PanelFields series_fields(const plan::Plan& plan, const FeedFrame& frame) {
  for (const plan::ComponentPlan& sink : plan.components) {
    if (sink.id != frame.source || sink.op->name != "board") continue;
    for (const plan::InputPlan& input : sink.inputs) {
      if (panel_of(plan, sink, input) != frame.panel) continue;
      const auto [from, output] = plan::source_of(plan, input);
      return operators::panel_fields(*plan.components[from].outputs[output].schema,
                                     sink.options.list("values"));
    }
  }
  return {};
}

std::vector<BoardWall> board_walls(const plan::Plan& plan) {
  std::vector<BoardWall> walls;
  for (const plan::ComponentPlan& component : plan.components) {
    if (component.op->name != "board" || component.options.text("view") != "wall") continue;
    for (const plan::InputPlan& input : component.inputs) {
      const auto [from, output] = plan::source_of(plan, input);
      const plan::OutputPlan& stream = plan.components[from].outputs[output];
      const auto field = only_name(*stream.schema);
      const auto edge = field ? counted_rows(plan, input, *field) : std::nullopt;
      if (!edge) continue;
      walls.push_back({panel_of(plan, component, input), to_string(*edge), *field});
    }
  }
  return walls;
}

std::string board_walls_json(const plan::Plan& plan) {
  auto walls = nlohmann::json::array();
  for (const BoardWall& wall : board_walls(plan))
    walls.push_back({{"panel", wall.panel}, {"edge", wall.edge}, {"field", wall.field}});
  return nlohmann::json{{"walls", walls}}.dump();
}

}  // namespace dnstorm::cli
