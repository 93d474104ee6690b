// A feed for which somebody keeps history far away: in a cluster, the coordinator (cluster/feed).
// It also takes what `store` sinks write, as frames of view `points`: the sink's id as panel, a row
// for each point, whose key is the point as bytes (operators/sinks/point_frame.hpp).
//
//   if (auto* feed = dynamic_cast<PointFeed*>(task.feed)) ...
//
// Who only shows what is live is a Feed, and is told no points.
#pragma once

#include "engine/api/feed.hpp"

namespace dnstorm {

class PointFeed : public Feed {};

}  // namespace dnstorm
