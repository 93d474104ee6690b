// What a checkpoint keeps of every task, before what its operator keeps (a spout's bytes, a bolt's
// BoltState); and the states of a bolt's tasks for another number of them. Values; pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/api/state.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::delivery {

struct TaskState {
  bool ended = false;  // the task has come to its end: its operator keeps nothing
  TimeNs watermark = time_min;
  std::vector<std::pair<std::string, std::uint64_t>> counters;

  void write(StateWriter& out) const;
  // False: the bytes are not those of write().
  bool read(StateReader& in);
};

// How many tasks each component has, in the order of their states.
struct ComponentTasks {
  std::string id;
  std::uint32_t tasks = 1;
  bool operator==(const ComponentTasks&) const = default;
};
using TaskLayout = std::vector<ComponentTasks>;

enum class Division : std::uint8_t {
  by_group,      // a key group goes to the task that a fields grouping sends its rows to
  to_first_task  // all rows go to the first task
};

// `states` are those of a bolt's tasks, the result those of `tasks` tasks of it. Counters add up in
// the first. Fails with kind `data` if the bytes are damaged, or if tasks have state beyond that by
// key which is not the same in all of them.
Result<std::vector<std::string>> divide_anew(const std::vector<std::string>& states,
                                             std::uint32_t tasks, Division division);

}  // namespace dnstorm::delivery
