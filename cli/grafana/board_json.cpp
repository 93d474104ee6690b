#include "cli/grafana/board_json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "cli/grafana/panel_json.hpp"

namespace dnstorm::cli::grafana {

namespace {

using Json = nlohmann::ordered_json;

constexpr int schema_version = 38;
constexpr std::uint32_t columns = 24;

Json variable_json(const Variable& variable, Language language) {
  std::string query = values_query(variable, language);
  return {{"name", variable.tag},
          {"label", variable.tag},
          {"type", "query"},
          {"datasource", source_json(language)},
          {"query", query},
          {"definition", query},
          {"refresh", 2},  // when the time range changes
          {"sort", 1},
          {"multi", true},
          {"includeAll", true},
          // Also series that lack the tag.
          {"allValue", ".*"},
          {"current", {{"selected", true}, {"text", {"All"}}, {"value", {"$__all"}}}},
          {"hide", 0},
          {"options", Json::array()},
          {"regex", ""},
          {"skipUrlSync", false}};
}

// Panels from left to right, a new line where one does not fit.
class Layout {
 public:
  Json place(std::uint32_t width, std::uint32_t height) {
    if (x_ + width > columns) end_line();
    Json position = {{"h", height}, {"w", width}, {"x", x_}, {"y", y_}};
    x_ += width;
    line_height_ = std::max(line_height_, height);
    return position;
  }
  void end_line() {
    y_ += line_height_;
    x_ = line_height_ = 0;
  }

 private:
  std::uint32_t x_ = 0, y_ = 0, line_height_ = 0;
};

Json row_json(const PanelRow& row, int id, Json position) {
  return {{"id", id},
          {"type", "row"},
          {"title", row.title},
          {"collapsed", false},
          {"gridPos", std::move(position)},
          {"panels", Json::array()}};
}

Json panels_json(const Board& board, Language language) {
  Json panels = Json::array();
  Layout layout;
  int id = 0;
  for (const PanelRow& row : board.rows) {
    layout.end_line();
    panels.push_back(row_json(row, ++id, layout.place(columns, 1)));
    for (const Panel& panel : row.panels) {
      Json position = layout.place(panel.width, panel.height);
      panels.push_back(panel_json(panel, ++id, std::move(position), language));
    }
  }
  return panels;
}

// Grafana asks InfluxQL by columns that are named beside the query, Flux by columns of set names.
Json annotation_json(const Annotation& annotation, Language language) {
  Json target = {{"refId", "Anno"}, {"query", query_of(annotation, language)}};
  if (language == Language::influxql) {
    std::vector<std::string> words = annotation.tags;
    words.insert(words.end(), annotation.fields.begin(), annotation.fields.end());
    target.update({{"queryType", "tags"},
                   {"fromAnnotations", true},
                   {"textColumn", annotation.text},
                   {"tagsColumn", fmt::format("{}", fmt::join(words, ","))},
                   {"titleColumn", ""},
                   {"timeEndColumn", ""},
                   {"name", annotation.name}});
  }
  return {{"name", annotation.name},
          {"datasource", source_json(language)},
          {"enable", true},
          {"hide", false},
          {"iconColor", annotation.colour},
          {"target", std::move(target)}};
}

// From each board to the others.
Json links_json() {
  return {{{"asDropdown", true},
           {"icon", "external link"},
           {"includeVars", true},
           {"keepTime", true},
           {"tags", {"dnstorm"}},
           {"targetBlank", false},
           {"title", "dnstorm"},
           {"tooltip", ""},
           {"type", "dashboards"},
           {"url", ""}}};
}

}  // namespace

std::string board_json(const Board& board, Language language) {
  Json variables = Json::array();
  for (const Variable& variable : board.variables)
    variables.push_back(variable_json(variable, language));
  Json annotations = Json::array();
  for (const Annotation& annotation : board.annotations)
    annotations.push_back(annotation_json(annotation, language));
  Json json = {{"uid", "dnstorm-" + board.uid},
               {"title", board.title},
               {"description", board.description},
               {"tags", {"dnstorm"}},
               {"schemaVersion", schema_version},
               {"version", 1},
               {"editable", true},
               {"graphTooltip", 1},  // the same moment in all panels
               {"timezone", "browser"},
               {"time", {{"from", "now-6h"}, {"to", "now"}}},
               {"refresh", "30s"},
               {"annotations", {{"list", std::move(annotations)}}},
               {"links", links_json()},
               {"templating", {{"list", std::move(variables)}}},
               {"panels", panels_json(board, language)}};
  return json.dump(2) + "\n";
}

}  // namespace dnstorm::cli::grafana
