#include "engine/runtime/checkpoint_actor.hpp"

#include <caf/send.hpp>
#include <chrono>

#include "engine/runtime/executor_actor.hpp"

namespace dnstorm::runtime {

CheckpointActor::CheckpointActor(caf::actor_config& config, CheckpointSetup setup)
    : caf::event_based_actor(config),
      setup_(std::move(setup)),
      checkpointer_(setup_.tasks, setup_.interval, setup_.last) {}

caf::behavior CheckpointActor::make_behavior() {
  on_time();
  return {
      [this](TimeAtom) {
        timer_pending_ = false;
        on_time();
      },
      [this](ParkAtom) { parked_ = true; },
      [this](const std::vector<caf::actor>& spouts) {
        setup_.spouts = spouts;
        parked_ = false;
        on_time();
      },
      [this](SavedState& state) { take(std::move(state)); },
  };
}

void CheckpointActor::on_time() {
  if (parked_ || timer_pending_) return;
  TimeNs now = setup_.clock->steady_ns();
  if (auto number = checkpointer_.due(now)) {
    began_ = now;
    for (const caf::actor& spout : setup_.spouts)
      caf::anon_send<caf::message_priority::high>(spout, BarrierAtom::value, *number);
  }
  if (checkpointer_.all_ended()) return;
  timer_pending_ = true;
  delayed_send(this, std::chrono::nanoseconds(checkpointer_.next_due() - now), TimeAtom::value);
}

void CheckpointActor::take(SavedState state) {
  auto complete = state.number == 0
                      ? checkpointer_.ended(state.task, std::move(state.bytes))
                      : checkpointer_.saved(state.number, state.task, std::move(state.bytes));
  if (complete) write(*complete);
}

// A disk that is full does not stop the topology: it goes on with an older checkpoint to fall back
// to, and the run tells of it at its end.
void CheckpointActor::write(const delivery::Checkpoint& checkpoint) {
  auto written = setup_.store->write(checkpoint);
  if (!written.ok()) {
    Error error = std::move(written.error()).within("checkpoint");
    setup_.completion->failed(error, {setup_.clock->wall_ns(), "", error.what});
    return;
  }
  std::size_t bytes = 0;
  for (const std::string& state : checkpoint.states) bytes += state.size();
  setup_.stats->completed.add();
  setup_.stats->bytes.set(bytes);
  setup_.stats->duration.set(static_cast<std::uint64_t>(setup_.clock->steady_ns() - began_));
}

}  // namespace dnstorm::runtime
