// Restores the order of the source in front of a task: for each origin, round after round, and within
// a round edge after edge. What the task sees is the same whatever the parallelism before it and
// whatever the timing; that is why results are. (Synchronous rounds: a special case of Naiad's
// epochs, Murray et al., SOSP 2013.)
//
// A pure state machine, owned by one task: push() what arrives, then step() until nothing is ready.
// Memory is bounded by the credits of the edges.
#pragma once

#include <deque>
#include <optional>
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
    bool round_complete = false;
    bool last = false;            // of the origin
    std::uint64_t checkpoint = 0;
    TimeNs watermark = time_min;  // of the origin, after the round (the least of all edges)
  };
  std::optional<Step> step();

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
    std::uint32_t id;
    std::vector<Lane> lanes;
    std::size_t at = 0;        // the lane whose part of the round is being read
    std::uint64_t round = 0;
    TimeNs watermark = time_max;  // least of the lanes closed so far in this round
    bool ended = false;
  };
  Step take(Origin& origin);

  std::vector<Origin> origins_;
  std::size_t next_origin_ = 0;
  std::size_t queued_ = 0;
};

}  // namespace dnstorm::runtime
