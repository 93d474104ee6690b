// Holds the points of open windows until event time has passed them, and hands them out in one
// canonical order: by window, then measurement, tags and time. So what a sink writes is the same,
// byte for byte, however the work before it was divided. Belongs to one task.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "engine/api/bolt.hpp"
#include "operators/sinks/point.hpp"
#include "operators/sinks/point_naming.hpp"
#include "operators/sinks/point_state.hpp"
#include "operators/sinks/series_guard.hpp"

namespace dnstorm::operators {

class WindowBuffer {
 public:
  void add(Point point);
  // The points of windows that end at or before `now` (points without a window: that lie before
  // it).
  std::vector<Point> take(TimeNs now);
  std::uint64_t size() const { return size_; }
  // When a point is complete.
  static TimeNs end_of(const Point& point);
  // All of them, in the order in which they would be handed out (those of one window as they came).
  std::vector<Point> all() const;

 private:
  std::map<TimeNs, std::vector<Point>> by_end_;
  std::uint64_t size_ = 0;
};

// What sinks of points have in common: rows of several inputs in, points of closed windows out.
// A point without any field cannot be written; the counter `points_without_value` says how many.
class PointCollector {
 public:
  void prepare(const TaskContext& task, const PointOptions& options);
  // From here on no measurement has more series than that; after prepare().
  void limit_series(const TaskContext& task, const PointOptions& options, std::int64_t series_max);
  void add(const InputBatch& in);
  std::vector<Point> take(TimeNs now);
  // For a checkpoint. Other points that the sink holds may be read with the same RestoredPoints.
  void save(StateWriter& out) const;
  void restore(StateReader& in);
  RestoredPoints& restored() { return restored_; }

 private:
  std::vector<std::unique_ptr<RowReader>> readers_;
  RestoredPoints restored_;
  WindowBuffer windows_;
  SeriesGuard guard_;
  Counter* empty_ = nullptr;
};

// The order of the points of one window.
bool canonical_less(const Point& a, const Point& b);

// Text order, but runs of digits by their number: rank=2 before rank=10.
bool natural_less(std::string_view a, std::string_view b);

// Makes one point of neighbours of the same series and time, as a database would: fields are
// united, the later value wins. Returns how many field values were overwritten by that.
std::uint64_t merge_same(std::vector<Point>& points);

}  // namespace dnstorm::operators
