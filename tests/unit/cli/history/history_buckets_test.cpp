#include "cli/history/history_buckets.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace dnstorm::cli {
namespace {

using nlohmann::json;
using operators::HistoryNumber;
using operators::HistorySeries;
using operators::HistorySpan;

constexpr HistoryRange range{0, 40 * ns_per_s, 10 * ns_per_s};

HistorySpan span(const std::string& measurement, std::int64_t second, std::int64_t length = 10) {
  return {measurement, second * ns_per_s, length * ns_per_s, (second + length) * ns_per_s,
          length * ns_per_s};
}

HistoryNumber number(std::int64_t series, std::int64_t second, const std::string& field,
                     double value, double weight = 1) {
  return {series, second * ns_per_s, field, value, value * weight, weight, value, value};
}

json line(const json& chart, const std::string& name) {
  for (const json& one : chart["lines"])
    if (one["name"] == name) return one;
  return {};
}

TEST(HistoryBuckets, AddsUpCounts) {
  HistoryBuckets buckets(range, 0,
                         {{1, "rates", {{"qr", "query"}}}, {2, "rates", {{"qr", "response"}}}},
                         {span("rates", 0), span("rates", 20), span("rates", 25, 5)});
  buckets.add(number(1, 0, "count", 7));
  buckets.add(number(1, 20, "count", 4));
  buckets.add(number(1, 25, "count", 5));
  buckets.add(number(2, 20, "count", 1));
  json charts = buckets.charts();
  ASSERT_EQ(charts.size(), 1u);
  EXPECT_EQ(charts[0]["measurement"], "rates");
  EXPECT_EQ(charts[0]["how"], "sum");
  EXPECT_EQ(charts[0]["step"], 10'000);
  EXPECT_EQ(charts[0]["seconds"], json::parse("[10,10,15,0]")) << "two windows overlap";
  EXPECT_EQ(charts[0]["overlap"], true);
  // No window at all: nobody knows. A window without a row of the series: none was counted.
  EXPECT_EQ(line(charts[0], "query")["values"], json::parse("[7,null,9,null]"));
  EXPECT_EQ(line(charts[0], "query")["total"], 16);
  EXPECT_EQ(line(charts[0], "response")["values"], json::parse("[0,null,1,null]"));
  EXPECT_EQ(buckets.gaps(), json::parse("[[10000,20000]]"));
}

TEST(HistoryBuckets, AnotherMeasurementTellsSilenceFromAGap) {
  HistoryBuckets buckets(
      range, 0, {{1, "drops", {{"reason", "kernel"}}}, {2, "rates", {}}},
      {span("drops", 0), span("drops", 30), span("rates", 10), span("rates", 30)});
  buckets.add(number(1, 0, "count", 7));
  buckets.add(number(1, 30, "count", 7));
  EXPECT_EQ(line(buckets.charts()[0], "kernel")["values"], json::parse("[7,0,null,7]"));
}

TEST(HistoryBuckets, CountsOfTheNewestBucketAreOfItsPart) {
  HistoryBuckets buckets(range, 3 * ns_per_s, {{1, "rates", {}}},
                         {span("rates", 3, 1), span("rates", 11, 1)});
  buckets.add(number(1, 3, "count", 5));
  buckets.add(number(1, 11, "count", 5));
  EXPECT_EQ(buckets.charts()[0]["seconds"], json::parse("[7,2,0,0]"));
}

TEST(HistoryBuckets, MeansOfQuantilesAreWeightedAndTheWorstIsKept) {
  HistoryBuckets buckets(range, 0, {{1, "times", {}}}, {span("times", 0, 5), span("times", 5, 5)});
  for (auto [second, p50, p99, count] : {std::tuple{0, 10., 90., 3.}, {5, 30., 50., 1.}}) {
    buckets.add(number(1, second, "p50", p50, count));
    buckets.add(number(1, second, "p99", p99, count));
    buckets.add(number(1, second, "count", count, count));
    buckets.add(number(1, second, "sum", 1, count));
    buckets.add(number(1, second, "error", 0.01, count));
  }
  json charts = buckets.charts();
  ASSERT_EQ(charts.size(), 2u);
  EXPECT_EQ(charts[0]["field"], "count");
  EXPECT_EQ(charts[1]["field"], "quantiles");
  EXPECT_EQ(charts[1]["how"], "mean");
  EXPECT_EQ(line(charts[1], "p50")["values"], json::parse("[15.0,null,null,null]"));
  EXPECT_EQ(line(charts[1], "p99")["values"], json::parse("[80.0,null,null,null]"));
  EXPECT_EQ(line(charts[1], "p99")["high"], json::parse("[90.0,null,null,null]"));
}

TEST(HistoryBuckets, ALineForEachQtypeWhateverTheServer) {
  HistoryBuckets buckets(range, 0,
                         {{1, "q", {{"qtype", "A"}, {"server", "x"}}},
                          {2, "q", {{"qtype", "A"}, {"server", "y"}}},
                          {3, "q", {{"qtype", "MX"}, {"server", "y"}}}},
                         {span("q", 0)});
  for (int series : {1, 2, 3}) buckets.add(number(series, 0, "count", series));
  json chart = buckets.charts()[0];
  EXPECT_EQ(chart["lines"].size(), 2u);
  EXPECT_EQ(line(chart, "A")["total"], 3);
  EXPECT_EQ(line(chart, "A")["tags"], json::parse(R"({"qtype":"A"})"));
}

TEST(HistoryBuckets, ManyLinesAreTheFirstAndTheOthers) {
  std::vector<HistorySeries> series;
  for (int i = 0; i < 1000; ++i) series.push_back({i, "q", {{"qtype", std::to_string(i)}}});
  HistoryBuckets buckets(range, 0, series, {span("q", 0)});
  for (int i = 0; i < 1000; ++i) buckets.add(number(i, 0, "count", i < 400 ? i : 1));
  json chart = buckets.charts()[0];
  ASSERT_EQ(chart["lines"].size(), 8u);
  EXPECT_EQ(chart["lines"][0]["name"], "399");
  EXPECT_EQ(chart["lines"][7]["name"], "others");
  double total = 0;
  for (const json& one : chart["lines"]) total += one["total"].get<double>();
  EXPECT_EQ(total, 399 * 400 / 2 + 600) << "nothing is lost";
}

TEST(HistoryBuckets, LongWindowsHaveLongBuckets) {
  HistoryBuckets buckets(range, 0, {{1, "hours", {}}},
                         {span("hours", 0, 20), span("hours", 20, 20)});
  buckets.add(number(1, 0, "count", 1));
  buckets.add(number(1, 20, "count", 2));
  json chart = buckets.charts()[0];
  EXPECT_EQ(chart["step"], 20'000);
  EXPECT_EQ(chart["lines"][0]["values"], json::parse("[1,2]"));
}

TEST(HistoryBuckets, SaysNothingOfNothing) {
  HistoryBuckets buckets(range, 0, {{1, "rates", {}}}, {});
  buckets.add(number(1, 0, "count", 7));
  EXPECT_EQ(buckets.charts(), json::array());
  EXPECT_EQ(buckets.gaps(), json::array());
}

}  // namespace
}  // namespace dnstorm::cli
