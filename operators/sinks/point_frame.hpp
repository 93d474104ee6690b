// Points of a `store` sink as frames of the board's feed (engine/api/point_feed.hpp), so that the
// coordinator of a cluster keeps the history that the sink writes on its node. Pure, but for what a
// PointCopies has let through.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/api/feed.hpp"
#include "engine/api/point_feed.hpp"
#include "operators/sinks/point.hpp"
#include "operators/sinks/point_state.hpp"

namespace dnstorm::operators {

inline constexpr const char* points_view = "points";

// Twice what a coordinator keeps of a topology (cli/history/history_writer.hpp), so that it is told
// of more than it keeps, and can say so.
inline constexpr std::size_t copied_series_max = 4'000;

// Of one sink. What is published is bounded: points of so many series, the first that came.
class PointCopies {
 public:
  PointCopies(PointFeed& feed, std::string component)
      : feed_(feed), component_(std::move(component)) {}

  // How many were left out.
  std::size_t publish(const std::vector<Point>& points);

 private:
  PointFeed& feed_;
  const std::string component_;
  std::unordered_set<std::string> series_;
};

// Of a frame of that view. Their names live in `names`. Rows that hold no point are passed over.
std::vector<Point> points_of_frame(const FeedFrame& frame, RestoredPoints& names);

}  // namespace dnstorm::operators
