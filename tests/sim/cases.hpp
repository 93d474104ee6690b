// The topologies that are simulated, at any scale; and which seeds.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {

struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t end = 60;
};
Seeds& seeds();  // as the command line says

// How what the sink got is compared with the run of single tasks.
enum class Canon {
  exact,       // as it came
  by_round,    // sorted between two watermarks: behind a fields grouping a round comes task by task
  as_a_whole,  // sorted: several sources come in no order
};

struct Scale {
  std::uint32_t tasks = 1;
  std::uint32_t executors = 1;
  ComponentSpec spec(std::size_t streams = 1) const {
    return {.tasks = tasks, .executors = executors, .streams = streams, .state = StateScope::none};
  }
  ComponentSpec keyed() const {
    return {.tasks = tasks, .executors = executors, .state = StateScope::keyed};
  }
};

struct Case {
  std::string name;
  Canon canon;
  std::function<void(PlanBuilder&, Scale)> build;  // all but the sink, which reads from "out"
  std::vector<InputSpec> sink_inputs = {{"out", GroupingType::global}};
};

std::vector<Case> cases();

}  // namespace dnstorm::runtime::testing
