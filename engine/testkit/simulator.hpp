// Runs the executors of a plan in one thread, without actors: messages lie in one channel per
// (sender, receiver, kind), and a seeded random number decides which channel moves next, which
// executor is allowed to work, which channel is slow for the whole run, and when time goes on. The
// same seed gives the same run.
//
// With `faulty`, every channel loses, doubles, delays and reorders frames, and the link protocol
// (engine/delivery/link.hpp) stands at its ends.
//
// Checked on the way: no edge has more rounds of an origin under way than its credits; at the end
// every row sent has arrived, nothing is left in a channel. A run in which nobody can move any more
// before the end is a deadlock: finished() is false then.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "engine/delivery/checkpointer.hpp"
#include "engine/delivery/link.hpp"
#include "engine/runtime/executor.hpp"

namespace dnstorm::testkit {

using runtime::Acks, runtime::Credit, runtime::Event, runtime::Executor, runtime::SavedState,
    runtime::Task, runtime::TaskSetup, runtime::Wiring;
using runtime::EdgeIndex, runtime::TaskIndex;

class SimClock final : public Clock {
 public:
  TimeNs wall_ns() const override { return now; }
  TimeNs steady_ns() const override { return now; }
  TimeNs now = 0;
};

struct SimOptions {
  bool faulty = false;
  bool stepped = false;
  // Exactly-once: what the tasks had saved; null: from the beginning.
  const delivery::Checkpoint* resume = nullptr;
  // This one is slow to take its turns, and nobody else is; none: by the seed.
  std::optional<std::size_t> slow_executor = {};
};

class Simulator {
 public:
  Simulator(const plan::Plan& plan, std::uint64_t seed, SimOptions options = {});

  // All operators are opened; then until nothing moves any more.
  Result<void> prepare();
  void run();
  // One move; false when there is none.
  bool step();
  // So many moves, or until there is none.
  void settle(std::uint64_t moves = 3000);
  // Time goes on by so much; what is due then happens.
  void advance(DurationNs by) { pass_time(clock_.now + by); }

  // When something is due of its own accord; time_max: nothing ever is.
  TimeNs next_time() const;

  // Stepped: the components of sources that have nothing at this time.
  std::vector<std::string> idle_sources() const;

  bool finished() const { return finished_ == executors_.size(); }
  const std::vector<Error>& errors() const { return errors_; }
  const Task& task(TaskIndex index) const { return *tasks_[index]; }
  void request_stop();
  // Sum over the tasks of the operators' counters of that name.
  std::uint64_t total(std::string_view counter) const;
  std::uint64_t replayed() const;
  // Empty, or what is wrong with the rows that were sent and received.
  std::string conservation() const;
  std::uint64_t rounds_under_way_max() const { return rounds_under_way_max_; }
  // Exactly-once: the newest that is complete.
  const std::optional<delivery::Checkpoint>& checkpoint() const { return checkpoint_; }
  SimClock& clock() { return clock_; }

 private:
  struct Barrier {
    std::size_t executor = 0;
    std::uint64_t number = 0;
  };
  using Message = std::variant<Event, Credit, Acks, Barrier, SavedState>;
  using Frame = delivery::LinkFrame<Message>;
  static constexpr DurationNs resend_after = 20 * ns_per_ms;
  // Something that can move: a channel with something in it, or an executor that has work.
  struct Source {
    std::deque<Message> messages;
    std::vector<Frame> frames;             // with faults, instead
    std::vector<std::uint64_t> confirmed;  // acknowledgements on their way back
    delivery::LinkSender<Message> sender{resend_after};
    delivery::LinkReceiver<Message> receiver;
    Executor* executor = nullptr;
    std::uint32_t slowness = 1;  // chosen, it moves once in so many times
    bool active = false;
    bool empty() const { return messages.empty() && frames.empty() && confirmed.empty(); }
  };
  struct Account {  // of one edge and one origin
    std::uint64_t closed = 0;
    std::uint64_t credited = 0;
  };
  TaskSetup setup();
  void make_sources(const TaskSetup& setup);
  void post(std::size_t source, Message message);
  void move_message(Source& source);
  void move_frame(Source& source);
  void activate(std::size_t source);
  void retire(std::size_t at);
  std::size_t choose();
  void deliver(Message message);
  void wake(TaskIndex task);
  void pump(std::size_t source);
  bool pass_time(TimeNs then);
  void on_event(const Event& event);
  void on_credit(const Credit& credit);
  void take(SavedState state);
  Account& account(TaskIndex to, EdgeIndex in_edge, std::uint32_t origin) {
    return accounts_[to][in_edge][origin];
  }
  bool exactly_once() const { return plan_.config.delivery == plan::Delivery::exactly_once; }

  const plan::Plan& plan_;
  SimOptions options_;
  Wiring wiring_;
  SimClock clock_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Executor>> executors_;
  std::vector<Task*> tasks_;
  // Sources: executors; then by task one per in-edge (events), one per out-edge (credits) and one
  // for acks; then by executor one for barriers; then one for saved states.
  std::vector<Source> sources_;
  std::vector<std::size_t> active_;
  std::vector<std::size_t> idle_;         // stepped: executors that had nothing at this time
  std::vector<std::size_t> events_at_;    // by task: the source of its first in-edge
  std::vector<std::size_t> credits_at_;   // by task: the source of its first out-edge
  std::vector<std::size_t> acks_at_;      // by task
  std::vector<std::size_t> barriers_at_;  // by executor
  std::size_t states_at_ = 0;
  std::vector<std::vector<std::vector<Account>>> accounts_;  // by task, in-edge, origin
  std::vector<Error> errors_;
  std::vector<bool> executor_finished_;
  std::size_t finished_ = 0;
  std::uint64_t rounds_under_way_max_ = 0;
  std::optional<delivery::Checkpointer> checkpointer_;
  std::optional<delivery::Checkpoint> checkpoint_;
};

}  // namespace dnstorm::testkit
