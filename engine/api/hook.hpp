// Hooks: code of a topology's owner that is called at what tasks do (Storm's ITaskHook), and at the
// beginning and the end of a process (Storm's IWorkerHook).
//
// A task hook is named in the config of the topology or of a component:
//
//   config: {topology.auto.task.hooks: [trace]}
//
// Each task that it is for has an object of its own. Life: make(), prepare() once on the thread
// that builds the topology, the others from the task's executor, cleanup() when the task has
// finished (not after a failure of the process). A hook sees batches, not rows; it changes nothing,
// must not throw and must not wait. Without hooks a task looks at one pointer for each batch.
//
// A worker hook is an object of the topology (Flux's workerHooks):
//
//   workerHooks:
//     - {id: systemd, className: systemd_notify}
//
// start() is called before anything is opened, in the order of the file; shutdown() after the run,
// in reverse, for those that have started. What it publishes, tasks find by TaskContext::resources.
#pragma once

#include <any>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/options.hpp"
#include "engine/api/task_context.hpp"

namespace dnstorm {

class TaskHook {
 public:
  // A batch as a task meets it. `rows` counts those of the selection.
  struct Rows {
    std::size_t stream = 0;  // index of the task's output, or of its input
    const Batch& batch;
    const Selection* selection = nullptr;  // null: all of them
    std::uint32_t rows = 0;
  };

  virtual ~TaskHook() = default;
  virtual void prepare(const TaskContext& /*task*/) {}
  virtual void cleanup() {}
  // On its way to the readers of a stream. A stream that nobody reads is not emitted.
  virtual void emitted(const Rows& /*rows*/) {}
  // A bolt has worked off rows of an input; `took`: in its code.
  virtual void executed(const Rows& /*rows*/, DurationNs /*took*/) {}
  // At-least-once, of a bolt: it is done with pieces of its input, or has failed them.
  virtual void bolt_acked(std::size_t /*pieces*/) {}
  virtual void bolt_failed(std::size_t /*pieces*/) {}
  // At-least-once, of a spout: a root has been worked off, or has failed or timed out. `message`:
  // what the spout tracks it by (Emitter::track); 0 where it does not.
  virtual void spout_acked(std::uint64_t /*message*/) {}
  virtual void spout_failed(std::uint64_t /*message*/) {}
};

struct TaskHookDef {
  std::string name;
  std::string summary;                    // one sentence
  std::vector<std::string> aliases = {};  // as of OperatorDef
  std::function<std::unique_ptr<TaskHook>()> make;
};

// What worker hooks give to all tasks of a process: values by name, each of a type of its own.
// Filled before tasks are made, read-only afterwards.
class Resources {
 public:
  template <class Value>
  void publish(const std::string& key, std::shared_ptr<Value> value) {
    entries_[key] = std::move(value);
  }
  // Null: nobody has published it, or as something else.
  template <class Value>
  std::shared_ptr<Value> find(const std::string& key) const {
    auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    const auto* value = std::any_cast<std::shared_ptr<Value>>(&found->second);
    return value == nullptr ? nullptr : *value;
  }

 private:
  std::map<std::string, std::any> entries_;
};

struct WorkerContext {
  std::string topology;
  std::shared_ptr<const TopologyView> view;
  Resources* resources = nullptr;  // to publish to
};

class WorkerHook {
 public:
  virtual ~WorkerHook() = default;
  // An error keeps the topology from starting.
  virtual Result<void> start(const WorkerContext& worker) = 0;
  virtual void shutdown() {}
};

struct WorkerHookDef {
  std::string name;
  std::string summary;  // one sentence
  std::vector<OptionSpec> options = {};
  std::string example;  // YAML of the hook
  // As of OperatorDef.
  std::vector<std::string> aliases = {};
  std::vector<std::string> constructor = {};
  std::function<std::unique_ptr<WorkerHook>(const Options&)> make;
};

}  // namespace dnstorm
