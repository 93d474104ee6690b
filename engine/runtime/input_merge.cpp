#include "engine/runtime/input_merge.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::runtime {

InputMerge::InputMerge(const TaskWiring& task) {
  for (std::uint32_t id : task.origins) {
    Origin origin;
    origin.id = id;
    for (EdgeIndex e = 0; e < task.in_edges.size(); ++e) {
      const auto& carried = task.in_edges[e].origins;
      if (std::find(carried.begin(), carried.end(), id) != carried.end())
        origin.lanes.push_back({e, {}});
    }
    origins_.push_back(std::move(origin));
  }
}

void InputMerge::push(Event event) {
  for (Origin& origin : origins_) {
    if (origin.id != event.origin) continue;
    for (Lane& lane : origin.lanes) {
      if (lane.edge != event.edge) continue;
      DNSTORM_ASSERT(!origin.ended && event.round >= origin.round, "an event of a closed round arrives",
                     event.round, origin.round);
      lane.queue.push_back(std::move(event));
      ++queued_;
      return;
    }
  }
  DNSTORM_ASSERT(false, "an event arrives on an edge that does not carry its origin", event.origin,
                 event.edge);
}

std::optional<InputMerge::Step> InputMerge::step() {
  // Origins take turns, so that a fast source does not starve a slow one.
  for (std::size_t i = 0; i < origins_.size(); ++i) {
    Origin& origin = origins_[next_origin_];
    next_origin_ = (next_origin_ + 1) % origins_.size();
    if (!origin.ended && !origin.lanes[origin.at].queue.empty()) return take(origin);
  }
  return std::nullopt;
}

InputMerge::Step InputMerge::take(Origin& origin) {
  Lane& lane = origin.lanes[origin.at];
  Step step;
  step.event = std::move(lane.queue.front());
  lane.queue.pop_front();
  --queued_;
  DNSTORM_ASSERT(step.event.round == origin.round, "an edge skips a round", step.event.round,
                 origin.round);
  if (!step.event.closes) return step;
  origin.watermark = std::min(origin.watermark, step.event.watermark);
  if (++origin.at < origin.lanes.size()) return step;
  step.round_complete = true;
  step.last = step.event.last;
  step.checkpoint = step.event.checkpoint;
  step.watermark = origin.watermark;
  origin.at = 0;
  origin.watermark = time_max;
  ++origin.round;
  origin.ended = step.last;
  return step;
}

std::optional<EdgeIndex> InputMerge::waits_for() const {
  if (queued_ == 0) return std::nullopt;
  for (const Origin& origin : origins_) {
    if (origin.ended) continue;
    const Lane& lane = origin.lanes[origin.at];
    if (lane.queue.empty()) return lane.edge;
  }
  return std::nullopt;
}

}  // namespace dnstorm::runtime
