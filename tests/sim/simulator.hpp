// Runs the executors of a plan in one thread, without actors: events and credits lie in one queue
// per (sender, receiver), and a seeded random number decides which queue moves next, which executor
// is allowed to work and which queue is slow for the whole run. The same seed gives the same run.
//
// Checked on the way: no edge has more rounds of an origin under way than its credits; at the end
// every row sent has arrived, nothing is left in a queue. A run in which nobody can move any more
// before the end is a deadlock: finished() is false then.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "engine/runtime/executor.hpp"

namespace dnstorm::runtime::testing {

class FrozenClock final : public Clock {
 public:
  TimeNs wall_ns() const override { return 0; }
  TimeNs steady_ns() const override { return 0; }
};

class Simulator {
 public:
  Simulator(const plan::Plan& plan, std::uint64_t seed);

  // All operators are opened; then until nothing moves any more.
  Result<void> prepare();
  void run();
  // One move; false when there is none.
  bool step();

  bool finished() const { return finished_ == executors_.size(); }
  const std::vector<Error>& errors() const { return errors_; }
  const Task& task(TaskIndex index) const { return *tasks_[index]; }
  void request_stop();
  // Sum over the tasks of the operators' counters of that name.
  std::uint64_t total(std::string_view counter) const;
  // Empty, or what is wrong with the rows that were sent and received.
  std::string conservation() const;
  std::uint64_t rounds_under_way_max() const { return rounds_under_way_max_; }

 private:
  // Something that can move: a queue with something in it, or an executor that has work.
  struct Source {
    std::deque<Event> events;
    std::deque<Credit> credits;
    Executor* executor = nullptr;
    std::uint32_t slowness = 1;  // chosen, it moves once in so many times
    bool active = false;
  };
  struct Account {  // of one edge and one origin
    std::uint64_t closed = 0;
    std::uint64_t credited = 0;
  };
  void activate(std::size_t source);
  std::size_t choose();
  void deliver(Event event);
  void deliver(const Credit& credit);
  void wake(TaskIndex task);
  void pump(std::size_t source);
  void on_event(const Event& event);
  void on_credit(const Credit& credit);
  Account& account(TaskIndex to, EdgeIndex in_edge, std::uint32_t origin);

  const plan::Plan& plan_;
  Wiring wiring_;
  FrozenClock clock_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Executor>> executors_;
  std::vector<Task*> tasks_;
  // Sources: executors, then by task one per in-edge (events), then one per out-edge (credits).
  std::vector<Source> sources_;
  std::vector<std::size_t> active_;
  std::vector<std::size_t> events_at_;   // by task: the source of its first in-edge
  std::vector<std::size_t> credits_at_;  // by task: the source of its first out-edge
  std::vector<std::vector<std::vector<Account>>> accounts_;  // by task, in-edge, origin
  std::vector<Error> errors_;
  std::vector<bool> executor_finished_;
  std::size_t finished_ = 0;
  std::uint64_t rounds_under_way_max_ = 0;
};

inline Simulator::Simulator(const plan::Plan& plan, std::uint64_t seed)
    : plan_(plan), wiring_(wire(plan)), random_(seed) {
  TaskSetup setup;
  setup.plan = &plan_;
  setup.wiring = &wiring_;
  setup.clock = &clock_;
  setup.send_event = [this](Event event) {
    on_event(event);
    std::size_t source = events_at_[event.to] + event.edge;
    sources_[source].events.push_back(std::move(event));
    activate(source);
  };
  setup.send_credit = [this](const Credit& credit) {
    on_credit(credit);
    std::size_t source = credits_at_[credit.to] + credit.edge;
    sources_[source].credits.push_back(credit);
    activate(source);
  };
  tasks_.resize(wiring_.tasks.size());
  for (const ExecutorWiring& executor : wiring_.executors) {
    executors_.push_back(std::make_unique<Executor>(setup, executor));
    sources_.emplace_back().executor = executors_.back().get();
    for (auto& task : executors_.back()->tasks()) tasks_[task->index()] = task.get();
  }
  executor_finished_.resize(executors_.size());
  for (const TaskWiring& task : wiring_.tasks) {
    events_at_.push_back(sources_.size());
    sources_.resize(sources_.size() + task.in_edges.size());
    credits_at_.push_back(sources_.size());
    sources_.resize(sources_.size() + task.out_edges.size());
    accounts_.emplace_back(task.in_edges.size(), std::vector<Account>(wiring_.origins.size()));
  }
  static constexpr std::uint32_t slownesses[] = {1, 1, 1, 8, 200};
  for (Source& source : sources_) source.slowness = slownesses[random_() % 5];
}

inline Result<void> Simulator::prepare() {
  for (auto& executor : executors_) DNSTORM_CHECK(executor->prepare());
  for (std::size_t e = 0; e < executors_.size(); ++e)
    if (executors_[e]->is_spout()) activate(e);
  return {};
}

inline void Simulator::run() {
  while (step()) {
  }
}

inline bool Simulator::step() {
  if (active_.empty()) return false;
  std::size_t at = choose();
  std::size_t chosen = active_[at];
  Source& source = sources_[chosen];
  if (source.executor != nullptr) {
    active_[at] = active_.back();
    active_.pop_back();
    source.active = false;
    pump(chosen);
    return true;
  }
  bool event = !source.events.empty();
  Event next_event;
  Credit next_credit;
  if (event) {
    next_event = std::move(source.events.front());
    source.events.pop_front();
  } else {
    next_credit = source.credits.front();
    source.credits.pop_front();
  }
  if (source.events.empty() && source.credits.empty()) {
    active_[at] = active_.back();
    active_.pop_back();
    source.active = false;
  }
  if (event)
    deliver(std::move(next_event));
  else
    deliver(next_credit);
  return true;
}

inline void Simulator::activate(std::size_t source) {
  if (sources_[source].active) return;
  sources_[source].active = true;
  active_.push_back(source);
}

inline std::size_t Simulator::choose() {
  std::size_t at = 0;
  for (int tries = 0; tries < 30; ++tries) {
    at = random_() % active_.size();
    if (random_() % sources_[active_[at]].slowness == 0) break;
  }
  return at;
}

inline void Simulator::deliver(Event event) {
  TaskIndex to = event.to;
  executors_[wiring_.tasks[to].executor]->push(std::move(event));
  wake(to);
}

inline void Simulator::deliver(const Credit& credit) {
  executors_[wiring_.tasks[credit.to].executor]->credit(credit);
  wake(credit.to);
}

// The executor works when its turn comes: at once, or after more has arrived.
inline void Simulator::wake(TaskIndex task) { activate(wiring_.tasks[task].executor); }

inline void Simulator::pump(std::size_t source) {
  if (executor_finished_[source]) return;
  auto outcome = executors_[source]->pump();
  while (!outcome.ok()) {
    errors_.push_back(std::move(outcome.error()));
    outcome = executors_[source]->pump();
  }
  if (*outcome == Executor::Outcome::finished) {
    executor_finished_[source] = true;
    ++finished_;
  }
  if (*outcome == Executor::Outcome::again || *outcome == Executor::Outcome::idle) activate(source);
}

inline Simulator::Account& Simulator::account(TaskIndex to, EdgeIndex in_edge,
                                              std::uint32_t origin) {
  return accounts_[to][in_edge][origin];
}

inline void Simulator::on_event(const Event& event) {
  Account& book = account(event.to, event.edge, event.origin);
  std::uint64_t under_way = event.round + 1 - book.credited;
  DNSTORM_ASSERT(under_way <= plan_.config.credits, "more rounds under way than credits", event.to,
                 event.edge, under_way);
  DNSTORM_ASSERT(event.round == book.closed, "a round is left open or closed twice", event.round,
                 book.closed);
  if (event.closes) ++book.closed;
  rounds_under_way_max_ = std::max(rounds_under_way_max_, under_way);
}

inline void Simulator::on_credit(const Credit& credit) {
  const TaskWiring& sender = wiring_.tasks[credit.to];
  const OutEdge& edge = sender.out_edges[credit.edge];
  account(edge.to, edge.in_edge, sender.origins[credit.slot]).credited = credit.rounds;
}

inline void Simulator::request_stop() {
  for (auto& executor : executors_) executor->request_stop();
}

inline std::uint64_t Simulator::total(std::string_view counter) const {
  std::uint64_t sum = 0;
  for (const Task* task : tasks_)
    for (const NamedValue& value : task->stats().own.values())
      if (value.name == counter) sum += value.value;
  return sum;
}

inline std::string Simulator::conservation() const {
  for (TaskIndex t = 0; t < tasks_.size(); ++t) {
    for (EdgeIndex e = 0; e < wiring_.tasks[t].in_edges.size(); ++e) {
      const InEdge& in = wiring_.tasks[t].in_edges[e];
      std::uint64_t sent = tasks_[in.from]->rows_sent(in.out_edge);
      std::uint64_t received = tasks_[t]->rows_received()[e];
      if (sent != received)
        return fmt::format("{} rows sent from task {} to {}, {} received", sent, in.from, t,
                           received);
    }
  }
  for (const Source& source : sources_)
    if (!source.events.empty()) return "events are left over";
  return {};
}

}  // namespace dnstorm::runtime::testing
