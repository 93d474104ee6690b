// The points of one series panel: a ring of the last windows, one value per line and window.
// Frames of one window from several tasks add up; a window older than the ring is not taken in
// again. A plain value without a clock or a lock; Live owns it.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "board/server/json.hpp"
#include "engine/api/feed.hpp"

namespace dnstorm::board {

inline constexpr std::size_t series_lines_max = 32;

class Series {
 public:
  explicit Series(std::size_t windows_max) : windows_max_(windows_max) {}

  // False when some line of the frame was left out because there are too many lines.
  bool add(const FeedFrame& frame);

  bool has_news() const { return news_; }
  // Points that changed since the last call / all points:
  // {"lines":[{"name":...,"column":...}],"points":[[start_ms, end_ms, value | null, ...], ...]}
  void write_delta(JsonWriter& json);
  void write_state(JsonWriter& json) const;

  std::size_t size() const { return points_.size(); }

 private:
  struct Line {
    std::string key;
    std::string column;
  };
  struct Point {
    TimeNs start = 0;
    TimeNs end = 0;
    std::vector<double> values;  // by line; NaN where a window has no value of a line
    bool fresh = true;
  };

  static constexpr std::size_t no_line = SIZE_MAX;
  std::size_t line_of(const std::string& key, const std::string& column);
  Point* point_at(TimeNs start, TimeNs end);
  void write(JsonWriter& json, bool only_fresh) const;

  std::size_t windows_max_;
  std::vector<Line> lines_;
  std::deque<Point> points_;  // ordered by start
  bool news_ = false;
};

}  // namespace dnstorm::board
