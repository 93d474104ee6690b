// From a checkpoint to the states of a plan's tasks, which may be of other numbers than when it was
// taken. Pure.
#pragma once

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

}  // namespace dnstorm::runtime
