// The metrics of a `prometheus` sink: points in, families of series out. A counter adds up what the
// windows say since the start; a gauge shows the newest window. Thread-safe: one thread shows
// points, others ask for the text.
//
//   MetricTable table(families, settings);
//   MetricTable::Shown shown = table.show(points, now);   // of windows that have closed
//   table.append(text);                                   // all of them or none are in it
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "operators/sinks/exposition.hpp"
#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

using MetricNumber = std::variant<std::int64_t, double>;

// One family: what one field of the points of one measurement becomes.
struct MetricFamily {
  std::string name;  // as in the text, _total included
  std::string help;
  bool counter = true;
  bool whole = true;  // numbers that have a sum
  bool time = false;  // nanoseconds in the points, seconds in the text
};
// By measurement and field.
using MetricFamilies = std::map<std::pair<std::string, std::string>, MetricFamily>;

struct MetricTableSettings {
  std::size_t series_max = 1'000;                 // of a family, beside OTHER
  std::vector<std::string> labels = {};           // text fields that become labels
  std::vector<std::string> constant_labels = {};  // tags that are the same in all points
};

class MetricTable final : public MetricSource {
 public:
  struct Shown {
    std::uint64_t folded = 0;   // points whose labels have become OTHER
    std::uint64_t refused = 0;  // values that no counter can take: below 0
  };

  MetricTable(const MetricFamilies& families, MetricTableSettings settings);

  // Points in the order of their windows. `now`: event time; a gauge whose window has no successor
  // by then is not shown any longer.
  Shown show(const std::vector<Point>& points, TimeNs now);
  void append(std::string& out) const override;

 private:
  struct Family {
    MetricFamily info;
    std::map<std::string, MetricNumber> series;  // by the labels as in the text
  };
  struct Labels {
    std::string own;
    std::string folded;
  };
  struct Measurement {
    std::map<std::string, Family, std::less<>> families;  // by field
    TimeNs begin = 0;                                     // of the newest window
    TimeNs end = 0;
    bool windowed = false;
  };
  enum class Taken { as_it_is, folded, refused };

  Labels labels_of(const Point& point) const;
  Taken add(Family& family, const Labels& labels, const PointValue& value);
  static void forget_gauges(Measurement& measurement);

  const MetricTableSettings settings_;
  mutable std::mutex mutex_;
  std::map<std::string, Measurement, std::less<>> measurements_;
};

}  // namespace dnstorm::operators
