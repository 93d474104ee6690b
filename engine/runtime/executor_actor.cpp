#include "engine/runtime/executor_actor.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <chrono>
#include <exception>

namespace dnstorm::runtime {

ExecutorActor::ExecutorActor(caf::actor_config& config, std::shared_ptr<Executor> executor,
                             std::shared_ptr<Completion> completion, const Clock& clock)
    : caf::event_based_actor(config),
      executor_(std::move(executor)),
      completion_(std::move(completion)),
      clock_(clock) {}

caf::behavior ExecutorActor::make_behavior() {
  return {
      [this](StartAtom) {
        parked_ = false;
        call_in_time();
        if (!pump_pending_) pump();
      },
      [this](Event& event) {
        executor_->push(std::move(event));
        pump();
      },
      [this](Events& events) {
        for (Event& event : events.all) executor_->push(std::move(event));
        pump();
      },
      [this](const Credit& credit) {
        executor_->credit(credit);
        if (!pump_pending_) pump();
      },
      [this](const Acks& acks) {
        executor_->take(acks);
        if (!pump_pending_) pump();
      },
      [this](TimeAtom) { on_time(); },
      [this](ParkAtom) { parked_ = true; },
      [](SyncAtom) {},
      [this](BarrierAtom, std::uint64_t number) {
        executor_->request_barrier(number);
        if (!pump_pending_) pump();
      },
      [this](ActiveAtom, bool active) {
        executor_->set_active(active);
        if (!pump_pending_) pump();
      },
      [this](PumpAtom) {
        pump_pending_ = false;
        pump();
      },
      [this](StopAtom) {
        executor_->request_stop();
        if (!pump_pending_) pump();
      },
  };
}

void ExecutorActor::pump() {
  if (finished_ || parked_) return;
  // A blocking spout waits within its turn.
  if (!executor_->blocking()) executor_->hold();
  try {
    while (turn()) {
    }
  } catch (const std::exception& problem) {
    give_up(problem.what());
  } catch (...) {
    give_up("an exception of unknown type");
  }
  executor_->release();
}

// Whether the next turn may follow at once. A message to itself would let others in, too, but at a
// few rows a second its way through CAF is the most part of what a row costs.
bool ExecutorActor::turn() {
  auto outcome = executor_->pump();
  // The task that failed has ended its stream; what the others have is finished.
  while (!outcome.ok()) {
    Failure failure{clock_.wall_ns(), executor_->component(), outcome.error().what};
    completion_->failed(std::move(outcome.error()), std::move(failure));
    outcome = executor_->pump();
  }
  switch (*outcome) {
    case Executor::Outcome::finished:
      finished_ = true;
      completion_->executor_finished();
      return false;
    case Executor::Outcome::waiting:
      return false;
    case Executor::Outcome::idle:
      // A blocking spout has waited inside next(); any other is asked again after a millisecond.
      if (!executor_->blocking()) {
        pump_later(true);
        return false;
      }
      break;
    case Executor::Outcome::again:
      break;
  }
  if (mailbox().empty()) return true;
  pump_later(false);
  return false;
}

void ExecutorActor::on_time() {
  if (finished_ || parked_) return;
  try {
    executor_->on_time(clock_.steady_ns());
  } catch (const std::exception& problem) {
    give_up(problem.what());
    return;
  }
  call_in_time();
  if (!pump_pending_) pump();
}

void ExecutorActor::call_in_time() {
  TimeNs next = executor_->next_time();
  if (next == time_max) return;
  DurationNs left = std::max<DurationNs>(next - clock_.steady_ns(), 0);
  delayed_send(this, std::chrono::nanoseconds(left), TimeAtom::value);
}

void ExecutorActor::give_up(const char* reason) {
  finished_ = true;
  const std::string& component = executor_->component();
  const Error error = Error{ErrorKind::internal, reason, {}}.within(component);
  completion_->broken(error, {clock_.wall_ns(), component, error.what});
}

void ExecutorActor::pump_later(bool idle) {
  if (pump_pending_) return;
  pump_pending_ = true;
  if (idle)
    delayed_send(this, std::chrono::milliseconds(1), PumpAtom::value);
  else
    send(this, PumpAtom::value);
}

}  // namespace dnstorm::runtime
