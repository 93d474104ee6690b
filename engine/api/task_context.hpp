// What a task knows of its surroundings. Handed to Spout::open and Bolt::prepare; outlives the
// task.
#pragma once

#include <string>
#include <vector>

#include "engine/api/feed.hpp"
#include "engine/api/schema.hpp"
#include "engine/base/time.hpp"
#include "engine/telemetry/counter.hpp"

namespace dnstorm {

// One subscription of a component: which stream of whom. The same for all its tasks.
struct Input {
  std::string component;
  std::string stream;
  SchemaPtr schema;  // as it arrives: fields that nobody reads are gone
};

struct TaskContext {
  std::string topology;
  std::string component;
  std::uint32_t task_index = 0;  // 0 .. task_count-1 within the component
  std::uint32_t task_count = 1;
  std::vector<Input> inputs;
  std::vector<SchemaPtr> outputs;  // in the order of the declaration; null: no reader
  const Clock* clock = nullptr;
  CounterSet* counters = nullptr;  // of this task; names are the operator's own
  Feed* feed = nullptr;            // null: nobody watches

  Counter& counter(std::string_view name) const { return counters->counter(name); }
};

}  // namespace dnstorm
