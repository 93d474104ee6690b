// The inside of LocalRun: executors, their actors, checkpoints. Private to the folder.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/delivery/checkpoint_store.hpp"
#include "engine/runtime/checkpoint_actor.hpp"
#include "engine/runtime/executor_actor.hpp"
#include "engine/runtime/local_run.hpp"
#include "engine/runtime/slice.hpp"

namespace dnstorm::runtime {

struct LocalRun::State {
  explicit State(const plan::Plan& p) : plan(p), layout(p), wiring(wire(p)) {}
  ~State() { stop_worker_hooks(); }

  const plan::Plan& plan;
  plan::Plan layout;  // the plan with the executors of now (rebalance)
  Wiring wiring;
  TaskSetup setup;
  Sends near;  // to tasks here
  SystemClock system_clock;
  mutable std::mutex mutex;  // guards executors and actors: they are replaced by a rebalance
  std::vector<std::shared_ptr<Executor>> executors;
  std::shared_ptr<Completion> completion;
  std::shared_ptr<ActorDirectory> directory = std::make_shared<ActorDirectory>();
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  std::vector<caf::actor> actors;
  const Clock* clock = &system_clock;
  bool active = true;
  std::optional<Slice> slice;  // nothing: all of the plan runs here
  std::shared_ptr<Resources> resources;
  std::vector<std::unique_ptr<WorkerHook>> worker_hooks;  // that have started
  // Exactly-once.
  std::optional<delivery::CheckpointStore> store;
  std::optional<delivery::Checkpoint> resumed_from;
  std::vector<std::string> warnings;
  std::shared_ptr<CheckpointStats> checkpoint_stats = std::make_shared<CheckpointStats>();
  caf::actor checkpoints;

  bool exactly_once() const { return plan.config.delivery == plan::Delivery::exactly_once; }
  bool keeps_checkpoints() const { return exactly_once() && !slice; }
  // A cluster takes checkpoints of what is not tracked row by row, though nothing may be promised:
  // so that it loses less when tasks move.
  bool saves_states() const {
    return exactly_once() || (slice && plan.config.delivery == plan::Delivery::none);
  }
  bool runs_here(TaskIndex task) const {
    return !slice || slice->executors[wiring.tasks[task].executor];
  }
  Result<void> build(const RunOptions& options);
  Result<void> open_store(bool resume);
  TaskSetup task_setup(const RunOptions& options);
  // How what a task sends reaches others: here by messages between actors, elsewhere by the slice.
  Sends sends_here() const;
  Sends sends_of_slice() const;
  void tell_other_slices(TaskIndex ended_spout) const;
  bool tells_of_end(const Event& event) const;
  Result<void> start_worker_hooks();
  void stop_worker_hooks();
  bool tell(const UseMetric& use) const;
  void spawn();
  void spawn_executors();
  // Only when the directory is whole: a tick may be due at once.
  void start_executors();
  std::vector<caf::actor> spouts() const;
  // Rebalance: all executors come to rest, and their tasks go to new ones.
  Result<void> rebalance(const std::string& component, std::uint32_t count);
  void park(caf::scoped_actor& self);
  void regroup();
  void spawn_checkpoints();
  void stop_checkpoints();
  std::string name(TaskIndex task) const;
  std::string waited_for(TaskIndex task, std::uint64_t code) const;
  TaskStatus status(const Task& task) const;
  TaskQueue queue(const Task& task, const std::vector<const Task*>& by_index) const;
  Result<void> clear_checkpoints();
  std::vector<const Task*> tasks_by_index() const;  // null: of another slice
  void check_conservation() const;
  std::vector<CrossEdge> cross_edges() const;
};

}  // namespace dnstorm::runtime
