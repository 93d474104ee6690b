// Puts what arrives at a task in order: for each origin, round after round, and within a round edge
// after edge (in the order of the subscriptions, then of the sending tasks). What the task sees of
// an origin is a function of the rows sent, not of timing. (Synchronous rounds: a special case of
// Naiad's epochs, Murray et al., SOSP 2013.)
//
// Origins are independent of each other: they take turns by round, as their rounds arrive; a round
// that stalls does not hold up another origin. Only a checkpoint barrier does: an origin that has
// passed it is held until every other has passed it too, or has ended (aligned barriers: Carbone et
// al., "Lightweight Asynchronous Snapshots for Distributed Dataflows", 2015).
//
// A pure state machine, owned by one task: push() what arrives, then step() until nothing is ready.
// Memory is bounded by the credits of the senders.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "engine/runtime/wiring.hpp"

namespace dnstorm::runtime {

class InputMerge {
 public:
  explicit InputMerge(const TaskWiring& task);

  void push(Event event);

  // The next event in order, if it is there. When it completes its round, `round_complete` is set.
  struct Step {
    Event event;
    Slot slot = 0;  // of the event's origin
    bool round_complete = false;
    bool last = false;             // of the origin
    std::uint64_t checkpoint = 0;  // the barrier that this round carries
    std::uint64_t aligned = 0;     // the barrier that all origins have reached with this round
    TimeNs watermark = time_min;   // of the origin, after the round
    bool idle = false;             // the origin has fallen silent with this round
  };
  // `horizon`: by slot, the first round that must not begin yet (OutputRouter::horizon).
  std::optional<Step> step(std::span<const std::uint64_t> horizon);

  // The edge that everything waits for (an in-edge), if the merge is stalled though events are
  // queued: the place to look for the slow one.
  std::optional<EdgeIndex> waits_for() const;
  std::size_t queued() const { return queued_; }

 private:
  struct Lane {  // one edge's events of one origin
    EdgeIndex edge;
    std::deque<Event> queue;
  };
  struct Origin {
    std::vector<Lane> lanes;
    std::vector<std::uint32_t> lane_of_edge;
    std::size_t at = 0;  // the lane whose part of the round is being read
    std::uint64_t round = 0;
    Event end;                  // how the edges read so far have closed the round (no rows)
    std::uint64_t barrier = 0;  // reached, and waiting for the other origins; 0: none
    bool ended = false;
    bool ready() const { return !ended && barrier == 0 && !lanes[at].queue.empty(); }
  };
  Step take(Slot slot);
  static void close_lane(Origin& origin, const Event& closing);
  void complete_round(Origin& origin, Step& step);
  std::uint64_t align();

  std::vector<Origin> origins_;  // by slot
  std::vector<Slot> slot_of_origin_;
  Slot turn_ = 0;
  std::size_t queued_ = 0;
};

}  // namespace dnstorm::runtime
