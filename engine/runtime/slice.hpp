// A slice: the executors of a plan that run in this process, while the rest of the topology runs in
// others. All make the same plan, and so the same wiring; what goes to a task elsewhere leaves by
// the functions below, and what comes from elsewhere enters by LocalRun::take().
//
//   auto run = LocalRun::prepare(plan, {.slice = &slice});   // operators are open, nobody works
//   run->begin();                                            // when all other slices are prepared
//
// The ways between slices keep what each sender gives in its order, lose nothing and double
// nothing. Credits and acks may overtake events, and should: a sender that waits for credits must
// not wait for its own rows.
//
// A slice takes no checkpoints of its own: somebody who sees all slices asks each for the barrier
// (LocalRun::request_barrier) and collects what their tasks save.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/runtime/task.hpp"

namespace dnstorm::runtime {

struct Slice {
  std::vector<bool> executors;  // by index into Wiring::executors: whether it runs here

  // To tasks elsewhere. Called on threads of executors, several at once, from begin() until the run
  // is gone. They must not wait: how much is under way is bounded by the credits.
  std::function<void(Event)> event;
  std::function<void(Events)> events;  // of any tasks elsewhere, each task's in this order
  std::function<void(Credit)> credit;
  std::function<void(Acks)> acks;  // at-least-once only

  // What a task here has saved at a barrier (not at-least-once). Likewise on threads of executors.
  std::function<void(SavedState)> state;
  // By task of the plan, those elsewhere are not looked at; empty: it begins anew. Null: all do.
  // Must outlive prepare().
  const std::vector<std::string>* restore = nullptr;
};

// Rows over an edge that has one end here: what one slice has sent, another has received.
struct CrossEdge {
  TaskIndex from = 0;
  TaskIndex to = 0;
  bool sent = false;  // `from` is here; otherwise `to` is
  std::uint64_t rows = 0;
  bool operator==(const CrossEdge&) const = default;
};

}  // namespace dnstorm::runtime
