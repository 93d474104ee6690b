// What a task knows of its surroundings. Handed to Spout::open and Bolt::prepare; outlives the
// task.
#pragma once

#include <map>
#include <memory>
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
  // Of a fields grouping: rows with equal values of these come to the same task. Otherwise empty.
  std::vector<std::string> grouped_by = {};
};

// The whole topology, as a task may have to tell a process of its own about it (Storm's context).
struct TopologyView {
  struct Stream {
    std::string name;
    std::vector<std::string> fields;
  };
  struct Component {
    std::string id;
    std::uint32_t first_task = 1;  // ids of tasks: from 1, in alphabetical order of the components
    std::uint32_t tasks = 1;
    std::vector<Stream> streams;
  };
  struct Edge {
    std::string from, stream, to;
    std::string grouping;  // as in a topology file: SHUFFLE, FIELDS, ...
    std::vector<std::string> fields;
  };
  std::vector<Component> components;
  std::vector<Edge> edges;
  // Settings as written, the topology's with the component's over them.
  std::map<std::string, std::map<std::string, std::string>> config;  // by component
};

class Resources;   // hook.hpp
class SystemView;  // system_view.hpp

struct TaskContext {
  std::string topology;
  std::string component;
  std::uint32_t task_index = 0;  // 0 .. task_count-1 within the component
  std::uint32_t task_count = 1;
  std::uint32_t task_id = 1;  // within the topology, as Storm numbers tasks
  std::shared_ptr<const TopologyView> view;
  bool resuming = false;  // restore() follows: what an earlier run has written is to be kept
  std::vector<Input> inputs;
  std::vector<SchemaPtr> outputs;  // in the order of the declaration; null: no reader
  const Clock* clock = nullptr;
  CounterSet* counters = nullptr;        // of this task; names are the operator's own
  Feed* feed = nullptr;                  // null: nobody watches
  const Resources* resources = nullptr;  // of worker hooks; null: there are none
  const SystemView* system = nullptr;    // null: a task without a run (in a test)

  Counter& counter(std::string_view name) const { return counters->counter(name); }
};

}  // namespace dnstorm
