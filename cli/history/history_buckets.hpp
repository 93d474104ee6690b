// Numbers of a time as the charts that show them: a chart for each measurement and field, a line
// for each series, a value for each bucket. Values in, JSON out; no file, no clock.
//
//   HistoryBuckets buckets(range, oldest, series, spans);
//   buckets.add(number);                        each, in any order
//   buckets.charts()                            docs/traffic.md says what it looks like
//
// Fields that count (`count`, `value`, NAME_sum) are added up, exactly. Of any other the mean is
// kept, weighted by the count that stands beside it, and the greatest. Of quantiles of several
// windows there is no quantile: their mean is a number between them, no more.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "cli/history/history_range.hpp"
#include "operators/sinks/point_history.hpp"

namespace dnstorm::cli {

class HistoryBuckets {
 public:
  // oldest: what the whole file begins with. `spans` of the range, all of them.
  HistoryBuckets(const HistoryRange& range, TimeNs oldest,
                 const std::vector<operators::HistorySeries>& series,
                 const std::vector<operators::HistorySpan>& spans);

  void add(const operators::HistoryNumber& number);

  nlohmann::json charts() const;
  // Times without any window between two that have some: [[from, to], ...] in ms.
  nlohmann::json gaps() const;

 private:
  struct Line {
    std::string name;
    std::vector<std::pair<std::string, std::string>> tags;
    std::string field;
    double total = 0;
    double weight_all = 0;
    std::vector<double> sum, weighted, weight, high;
  };
  struct Chart {
    std::string field;  // "quantiles": several
    bool counts = false;
    std::vector<Line> lines;
    std::map<std::string, std::size_t> by_name;
  };
  struct Measurement {
    DurationNs step = 0;
    TimeNs end = 0;
    std::vector<DurationNs> covered;
    std::vector<bool> windows;
    bool overlap = false;
    bool has_quantiles = false;
    std::map<std::string, Chart> charts;
  };
  struct Series {
    Measurement* measurement = nullptr;
    std::vector<std::pair<std::string, std::string>> tags;
  };

  void add_span(const operators::HistorySpan& span);
  Line& line_of(Chart& chart, const Series& series, const std::string& field) const;
  nlohmann::json chart_json(const std::string& name, const Measurement& measurement,
                            const Chart& chart) const;
  nlohmann::json line_json(const Measurement& measurement, const Line& line, bool counts) const;
  double seconds_of(const Measurement& measurement, std::size_t bucket) const;
  bool alive(const Measurement& measurement, std::size_t bucket) const;

  HistoryRange range_;
  TimeNs oldest_;
  std::vector<bool> alive_;  // buckets of the range in which any window lies
  std::map<std::string, Measurement> measurements_;
  std::unordered_map<std::int64_t, Series> series_;
};

}  // namespace dnstorm::cli
