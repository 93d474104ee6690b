#include "board/server/series.hpp"

#include <cmath>
#include <limits>

namespace dnstorm::board {

std::size_t Series::line_of(const std::string& key, const std::string& column) {
  for (std::size_t i = 0; i < lines_.size(); ++i)
    if (lines_[i].key == key && lines_[i].column == column) return i;
  if (lines_.size() >= series_lines_max) return no_line;
  lines_.push_back({key, column});
  return lines_.size() - 1;
}

// From the back, because windows come nearly in order.
Series::Point* Series::point_at(TimeNs start, TimeNs end) {
  auto at = points_.end();
  while (at != points_.begin() && std::prev(at)->start >= start) --at;
  if (at != points_.end() && at->start == start) return &*at;
  if (points_.size() >= windows_max_) {
    if (at == points_.begin()) return nullptr;
    const auto index = at - points_.begin() - 1;
    points_.pop_front();
    at = points_.begin() + index;
  }
  return &*points_.insert(at, Point{start, end, {}, true});
}

bool Series::add(const FeedFrame& frame) {
  Point* point = point_at(frame.start, frame.end);
  if (!point) return true;
  bool complete = true;
  for (const FeedRow& row : frame.rows) {
    for (std::size_t i = 0; i < row.values.size() && i < frame.columns.size(); ++i) {
      const std::size_t line = line_of(row.key, frame.columns[i]);
      complete &= line != no_line;
      if (line == no_line || !std::isfinite(row.values[i])) continue;
      if (point->values.size() <= line)
        point->values.resize(line + 1, std::numeric_limits<double>::quiet_NaN());
      double& value = point->values[line];
      value = std::isnan(value) ? row.values[i] : value + row.values[i];
    }
  }
  point->fresh = news_ = true;
  return complete;
}

void Series::write_delta(JsonWriter& json) {
  write(json, true);
  for (Point& point : points_) point.fresh = false;
  news_ = false;
}

void Series::write_state(JsonWriter& json) const { write(json, false); }

void Series::write(JsonWriter& json, bool only_fresh) const {
  json.begin_object().key("lines").begin_array();
  for (const Line& line : lines_)
    json.begin_object().member("name", line.key).member("column", line.column).end_object();
  json.end_array().key("points").begin_array();
  for (const Point& point : points_) {
    if (only_fresh && !point.fresh) continue;
    json.begin_array().value(static_cast<double>(point.start) / ns_per_ms);
    json.value(static_cast<double>(point.end) / ns_per_ms);
    for (const double value : point.values) json.value(value);
    json.end_array();
  }
  json.end_array().end_object();
}

}  // namespace dnstorm::board
