// Load-aware shuffle: which task of a component gets the next round of a source.
//
//   LoadShuffle shuffle(tasks);
//   std::uint32_t task = shuffle.choose(now);   // the round is under way to it
//   shuffle.done(task, now);                    // its credit has come back
//
// The load of a task is what its sender knows without asking: the rounds that are under way to it,
// times what a round has cost there of late. The next task in turn gets the round, unless that
// would take half as long again as with the best one. So equal tasks share evenly, a slow one gets
// what it works off, and a fast one is not held up by it: the source may be only so many rounds
// ahead of its slowest reader (output_router.hpp), so a round too many at a slow task costs all.
//
// A task that stands idle because it was slow is tried again: its cost is forgotten, by a 64th each
// time that it is passed over. One that has been a thousand times as slow is back after some
// hundred rounds. (Storm asks for queue lengths every few seconds, and moves weights by steps of 10
// and 1 once a second.)
//
// A pure state machine, one for each sending task and receiving component; time comes in.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/time.hpp"

namespace dnstorm::runtime {

class LoadShuffle {
 public:
  explicit LoadShuffle(std::uint32_t tasks) : tasks_(tasks) {}

  std::uint32_t choose(TimeNs now);
  void done(std::uint32_t task, TimeNs now);
  std::uint64_t under_way(std::uint32_t task) const { return tasks_[task].under_way; }

 private:
  struct Task {
    std::uint64_t under_way = 0;  // rounds
    double cost = 0;              // ns a round, smoothed; 0: it has not finished any
    TimeNs since = 0;             // when it began with the oldest round under way
  };
  double usual_cost() const;
  // How long it is until a round given to the task now is done.
  static double expected(const Task& task, double usual, TimeNs now);

  std::vector<Task> tasks_;
  std::uint32_t next_ = 0;
};

}  // namespace dnstorm::runtime
