// From a checkpoint to the states of a plan's tasks, which may be of other numbers than when it was
// taken. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/delivery/checkpointer.hpp"
#include "engine/delivery/task_state.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::runtime {

// The tasks of a plan, in the order of wire().
delivery::TaskLayout layout_of(const plan::Plan& plan);

// The checkpoint for the plan's tasks. Fails if a component has another number of tasks than in
// `layout` and its state cannot be divided anew; the sentence names it and both numbers.
Result<delivery::Checkpoint> fit_to_tasks(delivery::Checkpoint checkpoint,
                                          const delivery::TaskLayout& layout,
                                          const plan::Plan& plan);

// By component: what its tasks are named after, in their order (the nodes that they are on).
using TaskNames = std::map<std::string, std::vector<std::string>>;

// The same where tasks of some components stand for something that comes and goes: for those with
// names in both, a task has the state of the one with its name; a name that is new begins anew
// (""), and the state of one that is gone is dropped. Fails also if names are not as many as tasks.
Result<std::vector<std::string>> fit_states(std::vector<std::string> states,
                                            const delivery::TaskLayout& layout,
                                            const TaskNames& names_then, const plan::Plan& plan,
                                            const TaskNames& names_now);

}  // namespace dnstorm::runtime
