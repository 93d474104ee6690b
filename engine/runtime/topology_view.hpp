// The topology as its tasks may see it (TaskContext::view), made of a plan. Pure.
#pragma once

#include <memory>

#include "engine/api/task_context.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::runtime {

std::shared_ptr<const TopologyView> make_view(const plan::Plan& plan);

}  // namespace dnstorm::runtime
