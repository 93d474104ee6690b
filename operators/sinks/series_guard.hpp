// The budget of series of a measurement. A series that does not fit into it becomes part of one
// whose tags say OTHER: its values are put together with those of the others there as their fields
// say (Field::fold), so that sums stay true; values that cannot be put together (quantiles, numbers
// of different things) are left out.
//
// Series are admitted in the order of windows and, within one, of points: the same input has the
// same series, however the work before the sink was divided. Belongs to one task.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/api/options.hpp"
#include "engine/api/state.hpp"
#include "engine/api/task_context.hpp"
#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

class SeriesGuard {
 public:
  static constexpr const char* other = "OTHER";
  // series_max.
  static OptionSpec spec();

  // series_max: of each measurement; 0: without limit.
  void prepare(const TaskContext& task, const PointOptions& options, std::uint64_t series_max);
  // The points of closed windows, in the order of WindowBuffer::take(), before and after.
  void apply(std::vector<Point>& points);

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  struct Measurement {
    std::set<std::string, std::less<>> row_tags;   // those that no option gives
    std::set<std::string, std::less<>> open_tags;  // of these: with values from an open set
    std::map<std::string, Fold, std::less<>> fields;
    std::unordered_set<std::uint64_t> series;  // by hash
  };

  Measurement& measurement_of(const Point& point);
  bool admit(Measurement& measurement, const Point& point, std::uint64_t most);
  void fold(Measurement& measurement, Point& point);
  void keep_foldable(const Measurement& measurement, Point& point) const;
  void unite_folded(std::vector<Point>& points, const std::vector<bool>& folded);

  std::uint64_t series_max_ = 0;
  std::map<std::string, Measurement, std::less<>> measurements_;
  Counter* folded_ = nullptr;
  Counter* series_ = nullptr;
};

}  // namespace dnstorm::operators
