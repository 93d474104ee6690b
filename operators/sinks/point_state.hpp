// Points in a checkpoint: what a sink has taken in and not yet written. Belongs to one task.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/api/state.hpp"
#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

void save_points(StateWriter& out, const std::vector<Point>& points);

// Points name their measurement, tags and fields by views; of restored ones the names live here.
class RestoredPoints {
 public:
  std::vector<Point> read(StateReader& in);

 private:
  Point read_point(StateReader& in);
  std::string_view name(StateReader& in);
  std::set<std::string, std::less<>> names_;
};

}  // namespace dnstorm::operators
