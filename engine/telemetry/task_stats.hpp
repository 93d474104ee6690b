// What the engine counts for every task, exactly. Written by the task's executor, read by anyone.
#pragma once

#include "engine/telemetry/counter.hpp"

namespace dnstorm {

struct TaskStats {
  Counter executed;  // rows handed to execute()
  Counter emitted;   // rows emitted
  Counter rounds;    // rounds of the source worked off
  Counter busy_ns;   // time inside the operator's code and its routing
  // At-least-once, of a spout: roots by how they ended (those that timed out have failed, too).
  Counter acked;
  Counter failed;
  Counter timed_out;
  Counter replayed;
  CounterSet own;  // the operator's own counters
};

}  // namespace dnstorm
