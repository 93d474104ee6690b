#include "cli/grafana/panel_json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/grafana/board_json.hpp"

namespace dnstorm::cli::grafana {

namespace {

using Json = nlohmann::ordered_json;

std::string type_of(PanelKind kind) {
  switch (kind) {
    case PanelKind::timeseries:
      return "timeseries";
    case PanelKind::stat:
      return "stat";
    case PanelKind::bars:
      return "bargauge";
    case PanelKind::pie:
      return "piechart";
    case PanelKind::table:
      return "table";
  }
  return {};
}

// What a series is called: the values of its tags, or the name of its field.
std::string series_name(const Panel& panel, Language language) {
  if (panel.tags.empty()) return language == Language::influxql ? "$col" : "";
  std::vector<std::string> parts;
  for (const std::string& tag : panel.tags)
    parts.push_back(language == Language::influxql ? fmt::format("$tag_{}", tag)
                                                   : fmt::format("${{__field.labels.{}}}", tag));
  if (panel.fields.size() > 1)
    parts.emplace_back(language == Language::influxql ? "$col" : "${__field.name}");
  return fmt::format("{}", fmt::join(parts, " "));
}

Json target_json(const Panel& panel, Language language) {
  Json target = {
      {"refId", "A"}, {"datasource", source_json(language)}, {"query", query_of(panel, language)}};
  if (language == Language::flux) return target;
  bool timeseries = panel.kind == PanelKind::timeseries;
  target["rawQuery"] = true;
  target["resultFormat"] = timeseries ? "time_series" : "table";
  if (timeseries) target["alias"] = series_name(panel, language);
  return target;
}

Json field_config(const Panel& panel, Language language) {
  Json defaults = {{"unit", panel.unit}};
  if (panel.kind == PanelKind::timeseries) {
    bool stacked = panel.stack != "none";
    defaults["min"] = 0;
    defaults["custom"] = {{"drawStyle", "line"},
                          {"lineWidth", 1},
                          {"fillOpacity", stacked ? 40 : 10},
                          {"showPoints", "auto"},
                          {"spanNulls", false},
                          {"stacking", {{"mode", panel.stack}, {"group", "A"}}}};
    std::string name = series_name(panel, language);
    if (language == Language::flux && !name.empty()) defaults["displayName"] = name;
  }
  if (panel.kind == PanelKind::stat || panel.kind == PanelKind::bars)
    defaults["color"] = {{"mode", "fixed"}, {"fixedColor", "blue"}};
  return {{"defaults", std::move(defaults)}, {"overrides", Json::array()}};
}

// A row of the result is a number of the panel.
Json each_row(const Panel& panel) {
  Json reduce = {{"values", true}, {"calcs", Json::array()}, {"fields", ""}};
  if (panel.limit != 0) reduce["limit"] = panel.limit;
  return reduce;
}

Json options_json(const Panel& panel) {
  switch (panel.kind) {
    case PanelKind::timeseries:
      return {{"legend",
               {{"displayMode", "table"},
                {"placement", "right"},
                {"showLegend", true},
                {"calcs", {"mean", "max"}}}},
              {"tooltip", {{"mode", "multi"}, {"sort", "desc"}}}};
    case PanelKind::stat:
      return {{"reduceOptions", {{"values", false}, {"calcs", {"lastNotNull"}}, {"fields", ""}}},
              {"colorMode", "value"},
              {"graphMode", "none"}};
    case PanelKind::bars:
      return {{"reduceOptions", each_row(panel)},
              {"orientation", "horizontal"},
              {"displayMode", "basic"}};
    case PanelKind::pie:
      return {{"reduceOptions", each_row(panel)},
              {"pieType", "pie"},
              {"legend",
               {{"displayMode", "table"},
                {"placement", "right"},
                {"showLegend", true},
                {"values", {"value", "percent"}}}}};
    case PanelKind::table:
      return {{"showHeader", true}, {"cellHeight", "sm"}};
  }
  return {};
}

Json transformation(const char* id, Json options) {
  return {{"id", id}, {"options", std::move(options)}};
}

// InfluxQL can neither group by a field nor order by a result: Grafana does it.
Json grouped_by_item(const Panel& panel) {
  Json fields = {{panel.item, {{"operation", "groupby"}, {"aggregations", Json::array()}}}};
  for (const std::string& field : panel.fields)
    fields[field] = {{"operation", "aggregate"}, {"aggregations", {"sum"}}};
  return transformation("groupBy", {{"fields", std::move(fields)}});
}

Json transformations(const Panel& panel, Language language) {
  Json steps = Json::array();
  if (panel.kind == PanelKind::timeseries || panel.kind == PanelKind::stat) return steps;
  Json places = Json::object(), names = Json::object(), hidden = Json::object();
  int place = 0;
  if (!panel.item.empty()) places[panel.item] = place++;
  for (const std::string& tag : panel.tags) places[tag] = place++;
  std::string first = panel.fields.front();
  if (language == Language::influxql) {
    hidden["Time"] = true;
    if (panel.aggregation == Aggregation::items) {
      steps.push_back(grouped_by_item(panel));
      for (const std::string& field : panel.fields) names[field + " (sum)"] = field;
      first += " (sum)";
    }
    Json by = {{"field", first}, {"desc", true}};
    steps.push_back(transformation("sortBy", {{"fields", Json::object()}, {"sort", {by}}}));
    if (panel.limit != 0) steps.push_back(transformation("limit", {{"limitField", panel.limit}}));
  }
  for (const std::string& field : panel.fields)
    places[panel.aggregation == Aggregation::items && language == Language::influxql
               ? field + " (sum)"
               : field] = place++;
  steps.push_back(transformation("organize", {{"excludeByName", std::move(hidden)},
                                              {"indexByName", std::move(places)},
                                              {"renameByName", std::move(names)}}));
  return steps;
}

}  // namespace

std::string source_uid(Language language) {
  return language == Language::flux ? "dnstorm-flux" : "dnstorm-influxql";
}

Json source_json(Language language) {
  return {{"type", "influxdb"}, {"uid", source_uid(language)}};
}

Json panel_json(const Panel& panel, int id, Json position, Language language) {
  return {{"id", id},
          {"type", type_of(panel.kind)},
          {"title", panel.title},
          {"description", panel.description},
          {"gridPos", std::move(position)},
          {"datasource", source_json(language)},
          {"interval", panel.interval},
          {"targets", Json::array({target_json(panel, language)})},
          {"fieldConfig", field_config(panel, language)},
          {"options", options_json(panel)},
          {"transformations", transformations(panel, language)}};
}

}  // namespace dnstorm::cli::grafana
