// The actor that takes checkpoints: asks the spouts for a barrier when one is due, collects what
// the tasks save, writes what is complete. It writes to a disk, so it has a thread of its own.
#pragma once

#include <caf/actor.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <memory>
#include <vector>

#include "engine/delivery/checkpoint_store.hpp"
#include "engine/delivery/checkpointer.hpp"
#include "engine/runtime/completion.hpp"
#include "engine/runtime/task.hpp"
#include "engine/telemetry/counter.hpp"

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dnstorm::runtime::SavedState)

namespace dnstorm::runtime {

// Of the checkpoints of a run; written by the actor, read by any thread.
struct CheckpointStats {
  Counter completed;
  Counter bytes;     // of the newest
  Counter duration;  // ns from its barrier to its file, of the newest
};

struct CheckpointSetup {
  std::size_t tasks = 0;
  DurationNs interval = 0;
  std::uint64_t last = 0;  // the checkpoint that the run goes on from; 0: none
  delivery::CheckpointStore* store = nullptr;
  const Clock* clock = nullptr;
  std::shared_ptr<CheckpointStats> stats;
  std::shared_ptr<Completion> completion;
  std::vector<caf::actor> spouts;
};

class CheckpointActor final : public caf::event_based_actor {
 public:
  CheckpointActor(caf::actor_config& config, CheckpointSetup setup);
  caf::behavior make_behavior() override;

 private:
  void on_time();
  void take(SavedState state);
  void write(const delivery::Checkpoint& checkpoint);

  CheckpointSetup setup_;
  delivery::Checkpointer checkpointer_;
  TimeNs began_ = 0;     // the checkpoint under way
  bool parked_ = false;  // executors are being moved: no barrier must be on its way
  bool timer_pending_ = false;
};

}  // namespace dnstorm::runtime
