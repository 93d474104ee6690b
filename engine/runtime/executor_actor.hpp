// The actor around an Executor: messages in, pump, messages out. CAF is known in this file and in
// local_run.cpp only.
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_config.hpp>
#include <caf/atom.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>
#include <memory>
#include <vector>

#include "engine/runtime/completion.hpp"
#include "engine/runtime/executor.hpp"

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dnstorm::runtime::Event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dnstorm::runtime::Events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dnstorm::runtime::Credit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dnstorm::runtime::Acks)

namespace dnstorm::runtime {

// The actors of all others are there: work may begin. What comes before is only taken in.
using StartAtom = caf::atom_constant<caf::atom("start")>;
using PumpAtom = caf::atom_constant<caf::atom("pump")>;
using StopAtom = caf::atom_constant<caf::atom("stop")>;
using TimeAtom = caf::atom_constant<caf::atom("time")>;
using BarrierAtom = caf::atom_constant<caf::atom("barrier")>;
// Answered when the executor has come to rest; it still takes in what arrives.
using ParkAtom = caf::atom_constant<caf::atom("park")>;
// Answered when all that was sent before has been taken in.
using SyncAtom = caf::atom_constant<caf::atom("sync")>;
using ActiveAtom = caf::atom_constant<caf::atom("active")>;

class ExecutorActor final : public caf::event_based_actor {
 public:
  ExecutorActor(caf::actor_config& config, std::shared_ptr<Executor> executor,
                std::shared_ptr<Completion> completion, const Clock& clock);
  caf::behavior make_behavior() override;

 private:
  void pump();
  bool turn();
  void give_up(const char* reason);
  void pump_later(bool idle);
  void on_time();
  void call_in_time();
  std::shared_ptr<Executor> executor_;
  std::shared_ptr<Completion> completion_;
  const Clock& clock_;
  bool pump_pending_ = false;
  bool parked_ = true;  // until it is started, and again when it is to come to rest
  bool finished_ = false;
};

// Where the actors of a run are; filled before the first message is sent, read-only afterwards.
struct ActorDirectory {
  std::vector<caf::actor> of_task;
  caf::actor checkpoints;  // exactly-once only
};

}  // namespace dnstorm::runtime
