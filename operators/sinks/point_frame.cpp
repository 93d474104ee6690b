#include "operators/sinks/point_frame.hpp"

#include <algorithm>
#include <utility>

namespace dnstorm::operators {

namespace {

constexpr std::size_t frame_rows_max = 4'096;

std::string bytes_of(const Point& point) {
  StateWriter out;
  save_points(out, {point});
  return out.take();
}

}  // namespace

std::size_t PointCopies::publish(const std::vector<Point>& points) {
  std::size_t left_out = 0;
  FeedFrame frame;
  auto send = [&] {
    if (!frame.rows.empty()) feed_.publish(std::exchange(frame, {}));
  };
  for (const Point& point : points) {
    if (!series_.contains(point.series)) {
      if (series_.size() >= copied_series_max) {
        ++left_out;
        continue;
      }
      series_.insert(point.series);
    }
    if (frame.rows.empty()) {
      frame.source = frame.panel = component_;
      frame.view = points_view;
      frame.start = point.time;
      frame.end = point.end;
    }
    frame.start = std::min(frame.start, point.time);
    frame.end = std::max(frame.end, point.end);
    frame.rows.push_back({bytes_of(point), {}});
    if (frame.rows.size() == frame_rows_max) send();
  }
  send();
  return left_out;
}

std::vector<Point> points_of_frame(const FeedFrame& frame, RestoredPoints& names) {
  std::vector<Point> points;
  for (const FeedRow& row : frame.rows) {
    StateReader in(row.key);
    std::vector<Point> one = names.read(in);
    if (!in.ok() || !in.at_end()) continue;
    for (Point& point : one) points.push_back(std::move(point));
  }
  return points;
}

}  // namespace dnstorm::operators
