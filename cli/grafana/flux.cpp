#include "cli/grafana/flux.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dnstorm::cli::grafana {

namespace {

using Names = std::vector<std::string>;

bool over_time(const Panel& panel) { return panel.kind == PanelKind::timeseries; }

Names joined(Names first, const Names& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string list(const Names& names) {
  Names quoted;
  for (const std::string& name : names) quoted.push_back(fmt::format("\"{}\"", name));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string one_of(const std::string& column, const Names& values) {
  Names choices;
  for (const std::string& value : values)
    choices.push_back(fmt::format("r[\"{}\"] == \"{}\"", column, value));
  std::string text = fmt::format("{}", fmt::join(choices, " or "));
  return values.size() > 1 ? "(" + text + ")" : text;
}

std::string all_of(const Condition& condition) {
  Names tests;
  for (const auto& [tag, values] : condition) tests.push_back(one_of(tag, values));
  return tests.empty() ? "true" : fmt::format("{}", fmt::join(tests, " and "));
}

// A table a series.
std::string source(const std::string& measurement, const Names& fields, const Condition& where,
                   const Names& variables) {
  Names tests = {one_of("_measurement", {measurement}), one_of("_field", fields)};
  for (const auto& [tag, values] : where) tests.push_back(one_of(tag, values));
  for (const std::string& variable : variables)
    tests.push_back(fmt::format("r[\"{0}\"] =~ /^${{{0}:regex}}$/", variable));
  return fmt::format(
      "from(bucket: v.defaultBucket)\n"
      "  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)\n"
      "  |> filter(fn: (r) => {})\n",
      fmt::join(tests, " and "));
}

// What the panel is made of.
std::string source(const Panel& panel) {
  Names fields = panel.fields;
  if (!panel.item.empty()) fields.push_back(panel.item);
  return source(panel.measurement, fields, panel.where, panel.variables);
}

// The start of an interval is its time, as in InfluxQL.
std::string by_interval(const char* function, bool with_empty) {
  return fmt::format(
      "  |> aggregateWindow(every: v.windowPeriod, fn: {}, timeSrc: \"_start\", createEmpty: {})\n",
      function, with_empty);
}

std::string by_tags(const Panel& panel) {
  return fmt::format("  |> group(columns: {})\n", list(joined({"_field"}, panel.tags)));
}

// Nothing but what is shown: every other text would be a label of the series.
std::string series(const Panel& panel) {
  return fmt::format("  |> keep(columns: {})",
                     list(joined({"_time", "_value", "_field"}, panel.tags)));
}

std::string sorted(const Panel& panel, const std::string& column) {
  std::string text = "  |> group()\n";
  text += fmt::format("  |> sort(columns: {}, desc: true)", list({column}));
  if (panel.limit != 0) text += fmt::format("\n  |> limit(n: {})", panel.limit);
  return text;
}

// A row for each combination of tags, the fields as columns.
std::string rows(const Panel& panel, const char* function) {
  std::string text = by_tags(panel);
  if (std::string_view(function) == "last") text += "  |> sort(columns: [\"_time\"])\n";
  text += fmt::format("  |> {}()\n", function);
  if (panel.fields.size() == 1 || panel.tags.empty()) {
    const std::string& field = panel.fields.front();
    return text +
           fmt::format("  |> keep(columns: {})\n  |> rename(columns: {{_value: \"{}\"}})\n",
                       list(joined({"_value"}, panel.tags)), field) +
           sorted(panel, field);
  }
  return text +
         fmt::format(
             "  |> keep(columns: {0})\n"
             "  |> pivot(rowKey: {1}, columnKey: [\"_field\"], valueColumn: \"_value\")\n",
             list(joined({"_value", "_field"}, panel.tags)), list(panel.tags)) +
         sorted(panel, panel.fields.front());
}

std::string rate(const Panel& panel) {
  return "  |> toFloat()\n" + by_tags(panel) + by_interval("sum", true) +
         "  |> fill(value: 0.0)\n"
         "  |> map(fn: (r) => ({r with _value: r._value * 1000.0 / float(v: $__interval_ms)}))\n" +
         series(panel);
}

std::string aggregate(const Panel& panel, const char* function) {
  if (!over_time(panel)) return rows(panel, function);
  std::string text = by_tags(panel);
  if (std::string_view(function) == "last") text += "  |> sort(columns: [\"_time\"])\n";
  return text + by_interval(function, false) + series(panel);
}

// Each series by itself, then their sum.
std::string change(const Panel& panel) {
  return by_interval("max", false) + "  |> derivative(unit: 1s, nonNegative: true)\n" +
         by_tags(panel) + by_interval("sum", false) + series(panel);
}

std::string ratio(const Panel& panel) {
  std::string text = fmt::format(
      "  |> group()\n"
      "  |> map(fn: (r) => ({{_time: r._time, _start: r._start, _stop: r._stop, "
      "part: if {} then float(v: r._value) else 0.0, "
      "whole: if {} then float(v: r._value) else 0.0}}))\n",
      all_of(panel.part), all_of(panel.whole));
  if (over_time(panel)) text += "  |> window(every: v.windowPeriod)\n";
  text +=
      "  |> reduce(identity: {part: 0.0, whole: 0.0}, fn: (r, accumulator) => "
      "({part: accumulator.part + r.part, whole: accumulator.whole + r.whole}))\n"
      "  |> filter(fn: (r) => r.whole > 0.0)\n";
  if (!over_time(panel))
    return text + "  |> map(fn: (r) => ({ratio: r.part / r.whole}))\n  |> group()";
  return text +
         "  |> map(fn: (r) => ({_time: r._start, _field: \"ratio\", _value: r.part / r.whole}))\n"
         "  |> group()\n  |> sort(columns: [\"_time\"])";
}

std::string items(const Panel& panel) {
  Names zeros, sums;
  for (const std::string& field : panel.fields) {
    zeros.push_back(fmt::format("{}: 0", field));
    sums.push_back(fmt::format("{0}: accumulator.{0} + r.{0}", field));
  }
  return fmt::format(
             "  |> pivot(rowKey: [\"_time\"], columnKey: [\"_field\"], valueColumn: \"_value\")\n"
             "  |> group(columns: {})\n"
             "  |> reduce(identity: {{{}}}, fn: (r, accumulator) => ({{{}}}))\n",
             list({panel.item}), fmt::join(zeros, ", "), fmt::join(sums, ", ")) +
         sorted(panel, panel.fields.front());
}

}  // namespace

std::string flux_of(const Panel& panel) {
  std::string from = source(panel);
  switch (panel.aggregation) {
    case Aggregation::rate:
      return from + rate(panel);
    case Aggregation::sum:
      return from + aggregate(panel, "sum");
    case Aggregation::max:
      return from + aggregate(panel, "max");
    case Aggregation::mean:
      return from + aggregate(panel, "mean");
    case Aggregation::last:
      return from + aggregate(panel, "last");
    case Aggregation::change:
      return from + change(panel);
    case Aggregation::ratio:
      return from + ratio(panel);
    case Aggregation::items:
      return from + items(panel);
  }
  return {};
}

std::string flux_of(const Annotation& annotation) {
  std::string words;
  for (const std::string& word : joined(annotation.tags, annotation.fields))
    words += fmt::format("{}r[\"{}\"]", words.empty() ? "" : " + \",\" + ", word);
  return source(annotation.measurement, joined({annotation.text}, annotation.fields),
                annotation.where, annotation.variables) +
         fmt::format(
             "  |> group(columns: [\"_time\", \"_value\", \"_field\"], mode: \"except\")\n"
             "  |> pivot(rowKey: [\"_time\"], columnKey: [\"_field\"], valueColumn: \"_value\")\n"
             "  |> group()\n"
             "  |> map(fn: (r) => ({{_time: r._time, text: r[\"{}\"], tags: {}}}))\n"
             "  |> sort(columns: [\"_time\"])",
             annotation.text, words);
}

std::string flux_values(const Variable& variable) {
  return fmt::format(
      "from(bucket: v.defaultBucket)\n"
      "  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)\n"
      "  |> filter(fn: (r) => r[\"_measurement\"] == \"{1}\")\n"
      "  |> keep(columns: [\"{0}\"])\n"
      "  |> group()\n"
      "  |> distinct(column: \"{0}\")",
      variable.tag, variable.measurement);
}

}  // namespace dnstorm::cli::grafana
