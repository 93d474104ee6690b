// Who decides when a checkpoint is taken and when it is complete: aligned barriers (Carbone et al.,
// "Lightweight Asynchronous Snapshots for Distributed Dataflows", 2015). A pure state machine: time
// and the tasks' words in, orders out; one a run.
//
// A checkpoint N begins with an order to every spout task that has not ended: put barrier N between
// two rounds. Each task saves its state when the barrier has reached it from all its origins and
// says so. Complete is a checkpoint when every task has spoken; a task that has ended has left its
// last state, which counts for every later one. One checkpoint at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.hpp"

namespace dnstorm::delivery {

struct Checkpoint {
  std::uint64_t number = 0;
  std::vector<std::string> states;  // by task
};

class Checkpointer {
 public:
  // `last`: the number of the checkpoint that the run goes on from; 0: none.
  Checkpointer(std::size_t tasks, DurationNs interval, std::uint64_t last = 0);

  // The number of a checkpoint to begin now, if one is due: its barrier is to be sent to the
  // spouts.
  std::optional<std::uint64_t> due(TimeNs now);
  // When to ask again.
  TimeNs next_due() const { return next_; }
  // A task's state at a barrier. The checkpoint, if it is complete with this.
  std::optional<Checkpoint> saved(std::uint64_t number, std::uint32_t task, std::string state);
  // A task has come to its end with that state.
  std::optional<Checkpoint> ended(std::uint32_t task, std::string state);
  bool all_ended() const { return open_tasks_ == 0; }
  std::uint64_t under_way() const { return under_way_; }

 private:
  std::optional<Checkpoint> take_complete();

  DurationNs interval_;
  TimeNs next_ = time_min;
  std::uint64_t last_;           // begun
  std::uint64_t under_way_ = 0;  // 0: none
  std::size_t missing_ = 0;      // tasks that have not spoken for it
  std::size_t open_tasks_;
  std::vector<std::optional<std::string>> states_;  // by task, of the checkpoint under way
  std::vector<std::optional<std::string>> final_;   // by task, of those that have ended
};

}  // namespace dnstorm::delivery
