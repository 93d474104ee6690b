// What travels on an edge between two tasks: rows, and in band with them the end of a round, with
// the watermark, a checkpoint barrier and the end of the stream.
//
// A *round* is one call of Spout::next and everything that follows from it. Rounds of a spout task
// (the *origin*) are numbered from 0 without gaps; every task closes each round once on each of its
// outgoing edges, after the rows it has for it. That restores the order of the source behind any
// parallelism (input_merge.hpp), bounds what is under way (output_router.hpp) and makes a barrier a
// round like any other.
#pragma once

#include <cstdint>

#include "engine/api/anchor.hpp"
#include "engine/api/batch.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::runtime {

using TaskIndex = std::uint32_t;  // 0 .. tasks of the plan - 1
using EdgeIndex =
    std::uint32_t;  // index into the in-edges of the receiver, or the out-edges of the sender
using Slot = std::uint32_t;  // position of an origin in TaskWiring::origins of one task

struct Event {
  TaskIndex to = 0;
  EdgeIndex edge = 0;        // in-edge of `to`
  std::uint32_t origin = 0;  // index into Wiring::origins
  std::uint64_t round = 0;
  // Rows of one subscription; null: this event only ends the round.
  BatchPtr batch;
  SelectionPtr selection;   // null: all rows
  std::uint32_t input = 0;  // which subscription of the receiver
  Anchor anchor;            // of these rows; null: not tracked
  // The end of the round on this edge, if closes is set. All in-edges of a task carry the same end.
  bool closes = false;
  bool last = false;             // the origin has ended: no further round
  std::uint64_t checkpoint = 0;  // barrier: the state after this round is checkpoint N; 0: none
  TimeNs watermark = time_min;   // event time that the origin has reached
  bool idle = false;             // the origin is silent: its event time is not to be waited for

  // Of Clock::steady_ns, for latencies: when the round began at its source, and when the sender
  // began the call that gave this.
  TimeNs born = 0;
  TimeNs sent = 0;

  std::uint32_t row_count() const {
    if (!batch) return 0;
    return selection ? static_cast<std::uint32_t>(selection->size()) : batch->row_count();
  }
};

// "The receiver has worked off the first `rounds` rounds of an origin": goes back over an edge to
// the sending task. Cumulative, so that a newer one says all that an older one did.
struct Credit {
  TaskIndex to = 0;
  EdgeIndex edge = 0;  // out-edge of `to`
  Slot slot = 0;       // the origin, as `to` numbers it
  std::uint64_t rounds = 0;
};

}  // namespace dnstorm::runtime
