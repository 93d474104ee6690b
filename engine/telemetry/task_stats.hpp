// What the engine counts for every task, exactly. Written by the task's executor, read by anyone.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "engine/telemetry/counter.hpp"
#include "engine/telemetry/histogram.hpp"

namespace dnstorm {

struct TaskStats {
  Counter executed;  // rows handed to execute()
  Counter emitted;   // rows emitted
  Counter rounds;    // rounds of the source worked off
  Counter busy_ns;   // time inside the operator's code and its routing
  // Waiting that is over; what goes on has begun at waits_since (Clock::steady_ns).
  Counter blocked_ns;  // for readers without room, or roots to be done
  Counter idle_ns;     // for input, or something to read
  Counter waits_since;
  // 0: it works. 1: idle. 2: blocked by nobody in particular (roots). From 16 on, what remains is
  // an edge: even, out-edge n / 2 whose reader has no room; odd, in-edge n / 2 whose rows are
  // missing.
  Counter waits_for;
  // What of blocked_ns was for the reader at the end of each out-edge, and since when the one of
  // waits_for is waited for: who is furthest behind may change while the wait goes on.
  std::vector<Counter> blocked_ns_by_edge;
  Counter edge_since;
  // Grows by one before and after a wait goes into the sums: who adds to them what goes on reads
  // all at one even version.
  mutable std::atomic<std::uint64_t> waits_version{0};
  // At-least-once, of a spout: roots by how they ended (those that timed out have failed, too).
  Counter acked;
  Counter failed;
  Counter timed_out;
  Counter replayed;
  // Of a bolt. Rows: from the beginning of their round at the source to the end of the call that
  // worked them off, and the part of it that they waited for this task, by input. Calls: how long.
  Histogram latency_ns;
  std::vector<std::unique_ptr<Histogram>> wait_ns;
  Histogram execute_ns;
  CounterSet own;  // the operator's own counters
};

}  // namespace dnstorm
