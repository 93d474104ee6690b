// Where the rows are that a wall of the board counts: the edge into what counts them, and the field
// that is the name of a cell. So the page can look at the messages of one cell by a tap
// (docs/tap.md), and nothing is kept for cells that nobody looks at.
#pragma once

#include <string>
#include <vector>

#include "engine/api/feed.hpp"
#include "engine/plan/plan.hpp"
#include "operators/sinks/board_panel.hpp"

namespace dnstorm::cli {

struct BoardWall {
  std::string panel;  // as the board names it
  std::string edge;   // as a tap takes it
  std::string field;
};

// In the order of the plan. A wall whose cells have several fields in their names, or whose rows
// have lost the field on the way, is left out.
std::vector<BoardWall> board_walls(const plan::Plan& plan);

// What the lines of a series are made of that a board sink has published.
operators::PanelFields series_fields(const plan::Plan& plan, const FeedFrame& frame);

// {"walls":[{"panel":"domains","edge":"dns:queries->domains","field":"domain"},...]}
std::string board_walls_json(const plan::Plan& plan);

}  // namespace dnstorm::cli
