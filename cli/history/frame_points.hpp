// What a `board` sink of view `series` publishes, as points: as the sink `store` would have written
// the rows that it was made of; and the points of a `store` sink (operators/sinks/point_frame.hpp).
// Pure.
//
//   measurement   the panel's id
//   tags          the fields that name a line; where they cannot be told apart: one, `name`
//   fields        the numbers
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/api/feed.hpp"
#include "operators/sinks/board_panel.hpp"
#include "operators/sinks/point.hpp"
#include "operators/sinks/point_state.hpp"

namespace dnstorm::cli {

struct SeriesFrame {
  FeedFrame frame;
  operators::PanelFields fields = {};  // of the rows that it was made of; none: not known
};

// They hold views into the frame, or into `names`.
std::vector<operators::Point> points_of(const SeriesFrame& series,
                                        operators::RestoredPoints& names);

// What names a series: Point::series. `tags` by name.
std::string series_name(std::string_view measurement,
                        const std::vector<std::pair<std::string, std::string>>& tags);

}  // namespace dnstorm::cli
