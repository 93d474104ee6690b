#include "cli/grafana/influxql.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dnstorm::cli::grafana {

namespace {

// Identifiers and texts of panels are checked to need no escape (panel_file.cpp).
std::string name(const std::string& identifier) { return fmt::format("\"{}\"", identifier); }

std::vector<std::string> names(const std::vector<std::string>& identifiers) {
  std::vector<std::string> quoted;
  for (const std::string& identifier : identifiers) quoted.push_back(name(identifier));
  return quoted;
}

std::string conditions(const Condition& condition) {
  std::string text;
  for (const auto& [tag, values] : condition) {
    std::vector<std::string> choices;
    for (const std::string& value : values)
      choices.push_back(fmt::format("{} = '{}'", name(tag), value));
    text += fmt::format(" AND ({})", fmt::join(choices, " OR "));
  }
  return text;
}

std::string chosen(const std::vector<std::string>& variables) {
  std::string text;
  for (const std::string& variable : variables)
    text += fmt::format(" AND {} =~ /^${}$/", name(variable), variable);
  return text;
}

std::string filter(const Panel& panel, const Condition& more = {}) {
  return "$timeFilter" + conditions(panel.where) + conditions(more) + chosen(panel.variables);
}

std::string from(const Panel& panel, const Condition& more = {}) {
  return fmt::format("FROM {} WHERE {}", name(panel.measurement), filter(panel, more));
}

// " GROUP BY ..." by time, if it is over time, and tags.
std::string grouped(const Panel& panel, const char* fill) {
  std::vector<std::string> by = names(panel.tags);
  bool timed = panel.kind == PanelKind::timeseries;
  if (timed) by.insert(by.begin(), "time($__interval)");
  if (by.empty()) return "";
  return fmt::format(" GROUP BY {}{}", fmt::join(by, ", "), timed ? fill : "");
}

std::string select(const Panel& panel, const char* of_field, const char* fill) {
  std::vector<std::string> values;
  for (const std::string& field : panel.fields)
    values.push_back(fmt::format(fmt::runtime(of_field), name(field)));
  return fmt::format("SELECT {} {}{}", fmt::join(values, ", "), from(panel), grouped(panel, fill));
}

// Each series by itself, whatever its tags, then their sum: of a component with several tasks the
// largest number is not that of all.
std::string change(const Panel& panel) {
  const std::string& field = panel.fields.front();
  return fmt::format(
      "SELECT sum(\"change\") AS {0} FROM (SELECT non_negative_derivative(max({0}), 1s) AS "
      "\"change\" {1} GROUP BY time($__interval), *) WHERE $timeFilter{2}",
      name(field), from(panel), grouped(panel, " fill(none)"));
}

// The two sums are of different rows. An aggregate over several subqueries sees the first of them
// only; a selection between them has the rows of both.
std::string ratio(const Panel& panel) {
  std::string field = name(panel.fields.front());
  return fmt::format(
      "SELECT sum(\"part\") / sum(\"whole\") AS \"ratio\" FROM (SELECT \"part\", \"whole\" FROM "
      "(SELECT {0} AS \"part\" {1}), (SELECT {0} AS \"whole\" {2}) WHERE $timeFilter) "
      "WHERE $timeFilter{3}",
      field, from(panel, panel.part), from(panel, panel.whole), grouped(panel, " fill(0)"));
}

}  // namespace

std::string influxql_of(const Panel& panel) {
  switch (panel.aggregation) {
    case Aggregation::rate:
      return select(panel, "sum({0}) * 1000 / $__interval_ms AS {0}", " fill(0)");
    case Aggregation::sum:
      return select(panel, "sum({0}) AS {0}", " fill(0)");
    case Aggregation::max:
      return select(panel, "max({0}) AS {0}", " fill(none)");
    case Aggregation::mean:
      return select(panel, "mean({0}) AS {0}", " fill(none)");
    case Aggregation::last:
      return select(panel, "last({0}) AS {0}", " fill(none)");
    case Aggregation::change:
      return change(panel);
    case Aggregation::ratio:
      return ratio(panel);
    case Aggregation::items:
      return fmt::format("SELECT {}, {} {}", name(panel.item), fmt::join(names(panel.fields), ", "),
                         from(panel));
  }
  return {};
}

std::string influxql_of(const Annotation& annotation) {
  std::vector<std::string> columns = {name(annotation.text)};
  for (const auto* some : {&annotation.tags, &annotation.fields})
    for (std::string& column : names(*some)) columns.push_back(std::move(column));
  return fmt::format("SELECT {} FROM {} WHERE $timeFilter{}{}", fmt::join(columns, ", "),
                     name(annotation.measurement), conditions(annotation.where),
                     chosen(annotation.variables));
}

std::string influxql_values(const Variable& variable) {
  return fmt::format("SHOW TAG VALUES FROM {} WITH KEY = {}", name(variable.measurement),
                     name(variable.tag));
}

}  // namespace dnstorm::cli::grafana
