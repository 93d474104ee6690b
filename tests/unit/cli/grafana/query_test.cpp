#include "cli/grafana/query.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dnstorm::cli::grafana {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* flux_head =
    "from(bucket: v.defaultBucket)\n"
    "  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)\n"
    "  |> filter(fn: (r) => r[\"_measurement\"] == \"m\" and ";

Panel panel_of(PanelKind kind, Aggregation aggregation) {
  Panel panel;
  panel.kind = kind;
  panel.aggregation = aggregation;
  panel.measurement = "m";
  panel.fields = {"count"};
  return panel;
}

void expect(const Panel& panel, const std::string& influxql, const std::string& flux) {
  EXPECT_EQ(query_of(panel, Language::influxql), influxql);
  EXPECT_EQ(query_of(panel, Language::flux), flux_head + flux);
}

TEST(Query, OfARateDividesTheSumByTheInterval) {
  Panel panel = panel_of(PanelKind::timeseries, Aggregation::rate);
  panel.tags = {"qtype"};
  panel.where = {{"qtype", {"A", "AAAA"}}, {"rcode", {"NOERROR"}}};
  panel.variables = {"server"};
  expect(panel,
         "SELECT sum(\"count\") * 1000 / $__interval_ms AS \"count\" FROM \"m\" WHERE $timeFilter "
         "AND (\"qtype\" = 'A' OR \"qtype\" = 'AAAA') AND (\"rcode\" = 'NOERROR') AND \"server\" "
         "=~ /^$server$/ GROUP BY time($__interval), \"qtype\" fill(0)",
         "r[\"_field\"] == \"count\" and (r[\"qtype\"] == \"A\" or r[\"qtype\"] == \"AAAA\") and "
         "r[\"rcode\"] == \"NOERROR\" and r[\"server\"] =~ /^${server:regex}$/)\n"
         "  |> toFloat()\n"
         "  |> group(columns: [\"_field\", \"qtype\"])\n"
         "  |> aggregateWindow(every: v.windowPeriod, fn: sum, timeSrc: \"_start\", createEmpty: "
         "true)\n"
         "  |> fill(value: 0.0)\n"
         "  |> map(fn: (r) => ({r with _value: r._value * 1000.0 / float(v: $__interval_ms)}))\n"
         "  |> keep(columns: [\"_time\", \"_value\", \"_field\", \"qtype\"])");
}

TEST(Query, OfAnAnnotationHasATextAndWords) {
  Annotation annotation{.name = "Events",
                        .measurement = "m",
                        .where = {{"state", {"opened"}}},
                        .text = "key",
                        .tags = {"detector"},
                        .fields = {"severity"},
                        .variables = {"server"},
                        .colour = "orange"};
  EXPECT_EQ(query_of(annotation, Language::influxql),
            "SELECT \"key\", \"detector\", \"severity\" FROM \"m\" WHERE $timeFilter AND "
            "(\"state\" = 'opened') AND \"server\" =~ /^$server$/");
  EXPECT_EQ(
      query_of(annotation, Language::flux),
      flux_head +
          std::string(
              "(r[\"_field\"] == \"key\" or r[\"_field\"] == \"severity\") and r[\"state\"] == "
              "\"opened\" and r[\"server\"] =~ /^${server:regex}$/)\n"
              "  |> group(columns: [\"_time\", \"_value\", \"_field\"], mode: \"except\")\n"
              "  |> pivot(rowKey: [\"_time\"], columnKey: [\"_field\"], valueColumn: "
              "\"_value\")\n"
              "  |> group()\n"
              "  |> map(fn: (r) => ({_time: r._time, text: r[\"key\"], tags: r[\"detector\"] + "
              "\",\" + r[\"severity\"]}))\n"
              "  |> sort(columns: [\"_time\"])"));
}

TEST(Query, OfASumHasARowForEachCombinationOfTags) {
  Panel panel = panel_of(PanelKind::table, Aggregation::sum);
  panel.tags = {"outcome", "reason"};
  panel.limit = 5;
  expect(panel,
         "SELECT sum(\"count\") AS \"count\" FROM \"m\" WHERE $timeFilter GROUP BY \"outcome\", "
         "\"reason\"",
         "r[\"_field\"] == \"count\")\n"
         "  |> group(columns: [\"_field\", \"outcome\", \"reason\"])\n"
         "  |> sum()\n"
         "  |> keep(columns: [\"_value\", \"outcome\", \"reason\"])\n"
         "  |> rename(columns: {_value: \"count\"})\n"
         "  |> group()\n"
         "  |> sort(columns: [\"count\"], desc: true)\n"
         "  |> limit(n: 5)");
  panel.fields = {"count", "bytes_sum"};
  EXPECT_THAT(
      query_of(panel, Language::influxql),
      HasSubstr("SELECT sum(\"count\") AS \"count\", sum(\"bytes_sum\") AS \"bytes_sum\" "));
  EXPECT_THAT(query_of(panel, Language::flux),
              HasSubstr("pivot(rowKey: [\"outcome\", \"reason\"], columnKey: [\"_field\"], "));
}

TEST(Query, OfTheLargestIsByIntervalOnlyOverTime) {
  Panel panel = panel_of(PanelKind::timeseries, Aggregation::max);
  panel.fields = {"p50", "p99"};
  expect(panel,
         "SELECT max(\"p50\") AS \"p50\", max(\"p99\") AS \"p99\" FROM \"m\" WHERE $timeFilter "
         "GROUP BY time($__interval) fill(none)",
         "(r[\"_field\"] == \"p50\" or r[\"_field\"] == \"p99\"))\n"
         "  |> group(columns: [\"_field\"])\n"
         "  |> aggregateWindow(every: v.windowPeriod, fn: max, timeSrc: \"_start\", createEmpty: "
         "false)\n"
         "  |> keep(columns: [\"_time\", \"_value\", \"_field\"])");
  Panel stat = panel_of(PanelKind::stat, Aggregation::mean);
  EXPECT_EQ(query_of(stat, Language::influxql),
            "SELECT mean(\"count\") AS \"count\" FROM \"m\" WHERE $timeFilter");
  EXPECT_THAT(query_of(stat, Language::flux), Not(HasSubstr("aggregateWindow")));
}

TEST(Query, OfTheNewestPutsSeriesTogetherInTheOrderOfTime) {
  Panel panel = panel_of(PanelKind::table, Aggregation::last);
  panel.tags = {"component"};
  EXPECT_EQ(query_of(panel, Language::influxql),
            "SELECT last(\"count\") AS \"count\" FROM \"m\" WHERE $timeFilter GROUP BY "
            "\"component\"");
  EXPECT_THAT(query_of(panel, Language::flux), HasSubstr("  |> sort(columns: [\"_time\"])\n"
                                                         "  |> last()\n"));
}

TEST(Query, OfAChangeTakesEachSeriesByItself) {
  Panel panel = panel_of(PanelKind::timeseries, Aggregation::change);
  panel.tags = {"component"};
  expect(panel,
         "SELECT sum(\"change\") AS \"count\" FROM (SELECT non_negative_derivative(max(\"count\"), "
         "1s) AS \"change\" FROM \"m\" WHERE $timeFilter GROUP BY time($__interval), *) WHERE "
         "$timeFilter GROUP BY time($__interval), \"component\" fill(none)",
         "r[\"_field\"] == \"count\")\n"
         "  |> aggregateWindow(every: v.windowPeriod, fn: max, timeSrc: \"_start\", createEmpty: "
         "false)\n"
         "  |> derivative(unit: 1s, nonNegative: true)\n"
         "  |> group(columns: [\"_field\", \"component\"])\n"
         "  |> aggregateWindow(every: v.windowPeriod, fn: sum, timeSrc: \"_start\", createEmpty: "
         "false)\n"
         "  |> keep(columns: [\"_time\", \"_value\", \"_field\", \"component\"])");
}

TEST(Query, OfARatioAddsUpBothParts) {
  Panel panel = panel_of(PanelKind::timeseries, Aggregation::ratio);
  panel.part = {{"rcode", {"NXDOMAIN"}}};
  EXPECT_EQ(query_of(panel, Language::influxql),
            "SELECT sum(\"part\") / sum(\"whole\") AS \"ratio\" FROM (SELECT \"part\", \"whole\" "
            "FROM (SELECT \"count\" AS \"part\" FROM \"m\" WHERE $timeFilter AND (\"rcode\" = "
            "'NXDOMAIN')), (SELECT \"count\" AS \"whole\" FROM \"m\" WHERE $timeFilter) WHERE "
            "$timeFilter) WHERE $timeFilter GROUP BY time($__interval) fill(0)");
  std::string flux = query_of(panel, Language::flux);
  EXPECT_THAT(flux, HasSubstr("part: if r[\"rcode\"] == \"NXDOMAIN\" then float(v: r._value)"));
  EXPECT_THAT(flux, HasSubstr("whole: if true then float(v: r._value)"));
  EXPECT_THAT(flux, HasSubstr("window(every: v.windowPeriod)"));
  panel.kind = PanelKind::stat;
  EXPECT_THAT(query_of(panel, Language::influxql), Not(HasSubstr("GROUP BY")));
  EXPECT_THAT(query_of(panel, Language::flux), Not(HasSubstr("window(")));
}

TEST(Query, OfItemsAddsThemUpByItem) {
  Panel panel = panel_of(PanelKind::table, Aggregation::items);
  panel.item = "qname";
  panel.fields = {"count", "error"};
  panel.limit = 20;
  expect(panel, "SELECT \"qname\", \"count\", \"error\" FROM \"m\" WHERE $timeFilter",
         "(r[\"_field\"] == \"count\" or r[\"_field\"] == \"error\" or r[\"_field\"] == "
         "\"qname\"))\n"
         "  |> pivot(rowKey: [\"_time\"], columnKey: [\"_field\"], valueColumn: \"_value\")\n"
         "  |> group(columns: [\"qname\"])\n"
         "  |> reduce(identity: {count: 0, error: 0}, fn: (r, accumulator) => ({count: "
         "accumulator.count + r.count, error: accumulator.error + r.error}))\n"
         "  |> group()\n"
         "  |> sort(columns: [\"count\"], desc: true)\n"
         "  |> limit(n: 20)");
}

// Grafana replaces r.bucket by the name of its bucket.
TEST(Query, InFluxHasNoColumnThatGrafanaTakesForItsOwn) {
  Panel panel = panel_of(PanelKind::table, Aggregation::sum);
  panel.tags = {"bucket"};
  panel.where = {{"bucket", {"1"}}};
  EXPECT_THAT(query_of(panel, Language::flux), Not(HasSubstr("r.bucket")));
}

TEST(Query, ForTheValuesOfATagAsksItsMeasurement) {
  Variable server{"server", "messages"};
  EXPECT_EQ(values_query(server, Language::influxql),
            "SHOW TAG VALUES FROM \"messages\" WITH KEY = \"server\"");
  EXPECT_THAT(values_query(server, Language::flux), HasSubstr("distinct(column: \"server\")"));
}

}  // namespace
}  // namespace dnstorm::cli::grafana
