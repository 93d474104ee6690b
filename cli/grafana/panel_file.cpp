#include "cli/grafana/panel_file.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "cli/grafana/yaml_map.hpp"

namespace dnstorm::cli::grafana {

namespace {

constexpr Choice<PanelKind> kinds[] = {{"timeseries", PanelKind::timeseries},
                                       {"stat", PanelKind::stat},
                                       {"bars", PanelKind::bars},
                                       {"pie", PanelKind::pie},
                                       {"table", PanelKind::table}};
constexpr Choice<Aggregation> aggregations[] = {
    {"rate", Aggregation::rate},   {"sum", Aggregation::sum},    {"max", Aggregation::max},
    {"mean", Aggregation::mean},   {"last", Aggregation::last},  {"change", Aggregation::change},
    {"ratio", Aggregation::ratio}, {"items", Aggregation::items}};
constexpr Choice<const char*> stacks[] = {
    {"none", "none"}, {"normal", "normal"}, {"percent", "percent"}};

// What the panels of a board have if they do not say it.
struct Defaults {
  std::vector<std::string> variables;
  std::string interval;
};

void check_together(const Panel& panel, YamlMap& map) {
  using enum Aggregation;
  bool timeseries = panel.kind == PanelKind::timeseries;
  if ((panel.aggregation == rate || panel.aggregation == change) && !timeseries)
    map.refuse("aggregation", "is for kind: timeseries only");
  if (panel.aggregation == sum && timeseries)
    map.refuse("aggregation", "has no meaning over time; take rate");
  if ((panel.aggregation == items) != !panel.item.empty())
    map.refuse("aggregation", "items and the key 'item' go together");
  if (panel.aggregation == items && panel.kind != PanelKind::table)
    map.refuse("aggregation", "is for kind: table only");
  if ((panel.aggregation == ratio) != !panel.part.empty())
    map.refuse("aggregation", "ratio and the key 'part' go together");
  if (panel.aggregation == ratio && !panel.tags.empty())
    map.refuse("tags", "cannot divide a ratio");
  bool one = panel.aggregation == ratio || panel.aggregation == change ||
             panel.kind == PanelKind::bars || panel.kind == PanelKind::pie;
  if (one && panel.fields.size() > 1) map.refuse("fields", "is one field here");
  if (panel.kind == PanelKind::stat && !panel.tags.empty())
    map.refuse("tags", "a stat is one number");
}

Panel read_panel(const YAML::Node& node, const Defaults& defaults, Problem& problem) {
  YamlMap map(node, "a panel", problem);
  Panel panel;
  panel.title = map.text("title");
  map.rename("panel '" + panel.title + "'");
  panel.description = map.text("description");
  panel.kind = map.choice("kind", kinds);
  panel.unit = map.identifier_or("unit", "short");
  panel.measurement = map.identifier("measurement");
  panel.aggregation = map.choice("aggregation", aggregations);
  panel.fields = map.identifiers("fields");
  if (panel.fields.empty()) panel.fields = {"count"};
  panel.tags = map.identifiers("tags");
  panel.item = map.identifier_or("item", "");
  panel.where = map.condition("where");
  panel.part = map.condition("part");
  panel.whole = map.condition("whole");
  panel.variables = map.has("variables") ? map.identifiers("variables") : defaults.variables;
  panel.interval = map.identifier_or("interval", defaults.interval);
  panel.stack = map.has("stack") ? map.choice("stack", stacks) : "none";
  panel.limit = map.number_or("limit", 0, 1, 1000);
  panel.width = map.number_or("width", panel.kind == PanelKind::stat ? 4 : 12, 1, 24);
  panel.height = map.number_or("height", panel.kind == PanelKind::stat ? 4 : 8, 2, 40);
  check_together(panel, map);
  map.finish();
  return panel;
}

PanelRow read_row(const YAML::Node& node, const Defaults& defaults, Problem& problem) {
  YamlMap map(node, "a row", problem);
  PanelRow row{map.text("title"), {}};
  for (const YAML::Node& panel : map.list("panels"))
    row.panels.push_back(read_panel(panel, defaults, problem));
  map.finish();
  return row;
}

Variable read_variable(const YAML::Node& node, Problem& problem) {
  YamlMap map(node, "a variable", problem);
  Variable variable{map.identifier("tag"), map.identifier("measurement")};
  map.finish();
  return variable;
}

Annotation read_annotation(const YAML::Node& node, Problem& problem) {
  YamlMap map(node, "an annotation", problem);
  Annotation annotation;
  annotation.name = map.text("name");
  map.rename("annotation '" + annotation.name + "'");
  annotation.measurement = map.identifier("measurement");
  annotation.where = map.condition("where");
  annotation.text = map.identifier("text");
  annotation.tags = map.identifiers("tags");
  annotation.fields = map.identifiers("fields");
  annotation.variables = map.identifiers("variables");
  annotation.colour = map.identifier_or("colour", "orange");
  if (annotation.tags.empty() && annotation.fields.empty())
    map.refuse("tags", "or 'fields' name the words of an annotation");
  map.finish();
  return annotation;
}

// In every board, chosen by what it lets one choose by.
void add_annotations(std::vector<Board>& boards, const std::vector<Annotation>& annotations) {
  for (Board& board : boards) {
    board.annotations = annotations;
    for (Annotation& annotation : board.annotations)
      std::erase_if(annotation.variables, [&](const std::string& tag) {
        return std::ranges::find(board.variables, tag, &Variable::tag) == board.variables.end();
      });
  }
}

// Panels are told apart by their titles, and choose by variables that there are.
void check_board(const Board& board, YamlMap& map) {
  std::set<std::string> titles, tags;
  for (const Variable& variable : board.variables) tags.insert(variable.tag);
  for (const PanelRow& row : board.rows)
    for (const Panel& panel : row.panels) {
      if (!titles.insert(panel.title).second)
        map.refuse("rows", "has two panels '" + panel.title + "'");
      for (const std::string& variable : panel.variables)
        if (!tags.contains(variable))
          map.refuse("variables",
                     "has no '" + variable + "', which panel '" + panel.title + "' chooses by");
    }
}

Board read_board(const YAML::Node& node, Problem& problem) {
  YamlMap map(node, "a board", problem);
  Board board;
  board.uid = map.identifier("uid");
  board.title = map.text("title");
  map.rename("board '" + board.title + "'");
  board.description = map.text("description");
  for (const YAML::Node& variable : map.list("variables"))
    board.variables.push_back(read_variable(variable, problem));
  Defaults defaults{{}, map.identifier("interval")};
  for (const Variable& variable : board.variables) defaults.variables.push_back(variable.tag);
  for (const YAML::Node& row : map.list("rows"))
    board.rows.push_back(read_row(row, defaults, problem));
  check_board(board, map);
  map.finish();
  return board;
}

}  // namespace

Result<std::vector<Board>> read_panels(const std::string& text, const std::string& file) {
  Problem problem;
  std::vector<Board> boards;
  YAML::Node root = parse_yaml(text, problem);
  if (!problem.found()) {
    YamlMap map(root, "a list of panels", problem);
    std::set<std::string> uids;
    std::vector<Annotation> annotations;
    if (map.has("annotations"))
      for (const YAML::Node& node : map.list("annotations"))
        annotations.push_back(read_annotation(node, problem));
    for (const YAML::Node& node : map.list("boards")) {
      boards.push_back(read_board(node, problem));
      if (!uids.insert(boards.back().uid).second)
        map.refuse("boards", "has two boards with the uid '" + boards.back().uid + "'");
    }
    map.finish();
    add_annotations(boards, annotations);
  }
  if (problem.found()) return problem.error(file);
  return boards;
}

}  // namespace dnstorm::cli::grafana
