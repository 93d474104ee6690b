#include "engine/runtime/input_merge.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::runtime {

namespace {

constexpr std::uint32_t nowhere = ~std::uint32_t{0};

std::uint32_t at_or_nowhere(const std::vector<std::uint32_t>& table, std::uint32_t i) {
  return i < table.size() ? table[i] : nowhere;
}

}  // namespace

InputMerge::InputMerge(const TaskWiring& task) {
  for (std::uint32_t id : task.origins) {
    slot_of_origin_.resize(std::max<std::size_t>(slot_of_origin_.size(), id + std::size_t{1}),
                           nowhere);
    slot_of_origin_[id] = static_cast<Slot>(origins_.size());
    Origin& origin = origins_.emplace_back();
    origin.lane_of_edge.resize(task.in_edges.size(), nowhere);
    for (EdgeIndex e = 0; e < task.in_edges.size(); ++e) {
      const auto& carried = task.in_edges[e].origins;
      if (std::find(carried.begin(), carried.end(), id) == carried.end()) continue;
      origin.lane_of_edge[e] = static_cast<std::uint32_t>(origin.lanes.size());
      origin.lanes.push_back({e, {}});
    }
  }
}

void InputMerge::push(Event event) {
  Slot slot = at_or_nowhere(slot_of_origin_, event.origin);
  DNSTORM_ASSERT(slot != nowhere, "an event of an unknown origin arrives", event.origin);
  Origin& origin = origins_[slot];
  std::uint32_t lane = at_or_nowhere(origin.lane_of_edge, event.edge);
  DNSTORM_ASSERT(lane != nowhere, "an event arrives on an edge that does not carry its origin",
                 event.origin, event.edge);
  DNSTORM_ASSERT(!origin.ended && event.round >= origin.round, "an event of a closed round arrives",
                 event.round, origin.round);
  origin.lanes[lane].queue.push_back(std::move(event));
  ++queued_;
}

std::optional<InputMerge::Step> InputMerge::step(std::span<const std::uint64_t> horizon) {
  auto slots = static_cast<Slot>(origins_.size());
  for (Slot i = 0; i < slots; ++i) {
    Slot slot = turn_ + i < slots ? turn_ + i : turn_ + i - slots;
    if (!origins_[slot].ready() || origins_[slot].round >= horizon[slot]) continue;
    Step step = take(slot);
    // A turn is a round, so that the rows of one round stay together as long as they are there.
    turn_ = step.round_complete ? (slot + 1) % slots : slot;
    return step;
  }
  return std::nullopt;
}

InputMerge::Step InputMerge::take(Slot slot) {
  Origin& origin = origins_[slot];
  Lane& lane = origin.lanes[origin.at];
  Step step;
  step.slot = slot;
  step.event = std::move(lane.queue.front());
  lane.queue.pop_front();
  --queued_;
  DNSTORM_ASSERT(step.event.round == origin.round, "an edge skips a round", step.event.round,
                 origin.round);
  if (!step.event.closes) return step;
  close_lane(origin, step.event);
  if (++origin.at == origin.lanes.size()) complete_round(origin, step);
  return step;
}

void InputMerge::close_lane(Origin& origin, const Event& closing) {
  if (origin.at == 0) {
    origin.end.last = closing.last;
    origin.end.checkpoint = closing.checkpoint;
    origin.end.watermark = closing.watermark;
    origin.end.idle = closing.idle;
  }
  DNSTORM_ASSERT(origin.end.last == closing.last && origin.end.checkpoint == closing.checkpoint &&
                     origin.end.watermark == closing.watermark && origin.end.idle == closing.idle,
                 "two edges close a round of one origin differently", closing.origin,
                 closing.round);
}

void InputMerge::complete_round(Origin& origin, Step& step) {
  step.round_complete = true;
  step.last = origin.end.last;
  step.checkpoint = origin.end.checkpoint;
  step.watermark = origin.end.watermark;
  step.idle = origin.end.idle;
  origin.at = 0;
  ++origin.round;
  origin.ended = step.last;
  origin.barrier = step.checkpoint;
  step.aligned = align();
}

std::uint64_t InputMerge::align() {
  std::uint64_t barrier = 0;
  for (const Origin& origin : origins_) {
    if (origin.barrier == 0 && !origin.ended) return 0;
    DNSTORM_ASSERT(barrier == 0 || origin.barrier == 0 || origin.barrier == barrier,
                   "two checkpoints are under way at once", barrier, origin.barrier);
    barrier = std::max(barrier, origin.barrier);
  }
  for (Origin& origin : origins_) origin.barrier = 0;
  return barrier;
}

std::optional<EdgeIndex> InputMerge::waits_for() const {
  if (queued_ == 0) return std::nullopt;
  for (const Origin& origin : origins_) {
    if (origin.ended || origin.barrier != 0) continue;
    const Lane& lane = origin.lanes[origin.at];
    if (lane.queue.empty()) return lane.edge;
  }
  return std::nullopt;
}

}  // namespace dnstorm::runtime
