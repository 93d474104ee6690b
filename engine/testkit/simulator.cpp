#include "engine/testkit/simulator.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/runtime/topology_view.hpp"

namespace dnstorm::testkit {

using runtime::ExecutorWiring, runtime::InEdge, runtime::OutEdge, runtime::TaskWiring;

Simulator::Simulator(const plan::Plan& plan, std::uint64_t seed, SimOptions options)
    : plan_(plan), options_(options), wiring_(runtime::wire(plan)), random_(seed) {
  make_sources(setup());
  static constexpr std::uint32_t slownesses[] = {1, 1, 1, 8, 200};
  for (Source& source : sources_)
    source.slowness = options.slow_executor ? 1 : slownesses[random_() % 5];
  if (options.slow_executor) sources_[*options.slow_executor].slowness = 200;
  if (exactly_once())
    checkpointer_.emplace(wiring_.tasks.size(), plan.config.checkpoint_interval,
                          options.resume != nullptr ? options.resume->number : 0);
}

TaskSetup Simulator::setup() {
  TaskSetup setup;
  setup.plan = &plan_;
  setup.wiring = &wiring_;
  setup.clock = &clock_;
  setup.view = runtime::make_view(plan_);
  setup.run_view = std::make_shared<runtime::RunView>(plan_, false);
  setup.run_view->set_metrics([this](const runtime::UseMetric& use) {
    for (const Task* task : tasks_)
      runtime::tell_metrics(task->context().component, task->context().task_index, task->stats(),
                            use);
    return true;
  });
  setup.seed = random_();
  for (const plan::ComponentPlan& component : plan_.components)
    setup.heartbeat = setup.heartbeat || component.tick_period != 0;
  setup.send.event = [this](Event event) {
    on_event(event);
    std::size_t source = events_at_[event.to] + event.edge;
    post(source, std::move(event));
  };
  setup.send.credit = [this](const Credit& credit) {
    on_credit(credit);
    post(credits_at_[credit.to] + credit.edge, credit);
  };
  setup.send.acks = [this](Acks acks) {
    std::size_t source = acks_at_[acks.to];
    post(source, std::move(acks));
  };
  if (exactly_once())
    setup.send_state = [this](SavedState state) { post(states_at_, std::move(state)); };
  if (options_.resume != nullptr) setup.restore = &options_.resume->states;
  return setup;
}

void Simulator::make_sources(const TaskSetup& setup) {
  tasks_.resize(wiring_.tasks.size());
  for (const ExecutorWiring& executor : wiring_.executors) {
    executors_.push_back(std::make_unique<Executor>(setup, executor));
    sources_.emplace_back().executor = executors_.back().get();
    for (auto& task : executors_.back()->tasks()) tasks_[task->index()] = task.get();
  }
  executor_finished_.resize(executors_.size());
  auto add = [this](std::size_t count) {
    std::size_t first = sources_.size();
    sources_.resize(first + count);
    return first;
  };
  for (const TaskWiring& task : wiring_.tasks) {
    events_at_.push_back(add(task.in_edges.size()));
    credits_at_.push_back(add(task.out_edges.size()));
    acks_at_.push_back(add(1));
    accounts_.emplace_back(task.in_edges.size(), std::vector<Account>(wiring_.origins.size()));
  }
  for (std::size_t e = 0; e < executors_.size(); ++e) barriers_at_.push_back(add(1));
  states_at_ = add(1);
}

Result<void> Simulator::prepare() {
  for (auto& executor : executors_) DNSTORM_CHECK(executor->prepare());
  for (std::size_t e = 0; e < executors_.size(); ++e)
    if (executors_[e]->is_spout()) activate(e);
  return {};
}

void Simulator::run() {
  while (step()) {
  }
}

void Simulator::settle(std::uint64_t moves) {
  while (moves != 0 && step()) --moves;
}

bool Simulator::step() {
  // Time goes on now and then, and when nothing else can.
  if (active_.empty()) return !options_.stepped && pass_time(next_time());
  if (!options_.stepped && random_() % 64 == 0)
    pass_time(clock_.now + static_cast<DurationNs>(random_() % (2 * ns_per_ms)));
  std::size_t at = choose();
  std::size_t chosen = active_[at];
  Source& source = sources_[chosen];
  if (source.executor != nullptr) {
    retire(at);
    pump(chosen);
    return true;
  }
  if (options_.faulty)
    move_frame(source);
  else
    move_message(source);
  // What it brought may have put something into it again: it then stands in the list already.
  auto place = std::find(active_.begin(), active_.end(), chosen);
  if (source.empty() && place != active_.end())
    retire(static_cast<std::size_t>(place - active_.begin()));
  return true;
}

void Simulator::post(std::size_t source, Message message) {
  if (options_.faulty)
    sources_[source].frames.push_back(sources_[source].sender.send(std::move(message), clock_.now));
  else
    sources_[source].messages.push_back(std::move(message));
  activate(source);
}

void Simulator::move_message(Source& source) {
  Message message = std::move(source.messages.front());
  source.messages.pop_front();
  deliver(std::move(message));
}

// A frame or an acknowledgement, any of those under way: lost, doubled, or brought.
void Simulator::move_frame(Source& source) {
  std::uint64_t fate = random_() % 10;
  if (source.frames.empty() || (!source.confirmed.empty() && random_() % 2 == 0)) {
    std::size_t at = random_() % source.confirmed.size();
    std::uint64_t next = source.confirmed[at];
    if (fate != 1) source.confirmed.erase(source.confirmed.begin() + static_cast<long>(at));
    if (fate != 0) source.sender.acknowledged(next, clock_.now);
    return;
  }
  std::size_t at = random_() % source.frames.size();
  Frame frame = source.frames[at];
  if (fate != 1) source.frames.erase(source.frames.begin() + static_cast<long>(at));
  if (fate == 0) return;
  std::vector<Message> ready = source.receiver.take(std::move(frame));
  source.confirmed.push_back(source.receiver.next());
  for (Message& message : ready) deliver(std::move(message));
}

void Simulator::activate(std::size_t source) {
  if (sources_[source].active) return;
  sources_[source].active = true;
  active_.push_back(source);
}

void Simulator::retire(std::size_t at) {
  sources_[active_[at]].active = false;
  active_[at] = active_.back();
  active_.pop_back();
}

std::size_t Simulator::choose() {
  std::size_t at = 0;
  for (int tries = 0; tries < 30; ++tries) {
    at = random_() % active_.size();
    if (random_() % sources_[active_[at]].slowness == 0) break;
  }
  return at;
}

void Simulator::deliver(Message message) {
  if (auto* event = std::get_if<Event>(&message)) {
    TaskIndex to = event->to;
    executors_[wiring_.tasks[to].executor]->push(std::move(*event));
    wake(to);
  } else if (auto* credit = std::get_if<Credit>(&message)) {
    executors_[wiring_.tasks[credit->to].executor]->credit(*credit);
    wake(credit->to);
  } else if (auto* acks = std::get_if<Acks>(&message)) {
    executors_[wiring_.tasks[acks->to].executor]->take(*acks);
    wake(acks->to);
  } else if (auto* barrier = std::get_if<Barrier>(&message)) {
    executors_[barrier->executor]->request_barrier(barrier->number);
    activate(barrier->executor);
  } else {
    take(std::move(std::get<SavedState>(message)));
  }
}

// The executor works when its turn comes: at once, or after more has arrived.
void Simulator::wake(TaskIndex task) { activate(wiring_.tasks[task].executor); }

void Simulator::pump(std::size_t source) {
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
  if (*outcome == Executor::Outcome::idle && options_.stepped)
    idle_.push_back(source);
  else if (*outcome == Executor::Outcome::again || *outcome == Executor::Outcome::idle)
    activate(source);
}

std::vector<std::string> Simulator::idle_sources() const {
  std::vector<std::string> components;
  for (std::size_t source : idle_) components.push_back(sources_[source].executor->component());
  return components;
}

TimeNs Simulator::next_time() const {
  TimeNs next = time_max;
  for (std::size_t e = 0; e < executors_.size(); ++e)
    if (!executor_finished_[e]) next = std::min(next, executors_[e]->next_time());
  for (const Source& source : sources_) next = std::min(next, source.sender.next_resend());
  if (checkpointer_ && !checkpointer_->all_ended())
    next = std::min(next, checkpointer_->next_due());
  return next;
}

// What happens of its own accord until `then`. False: nothing ever will.
bool Simulator::pass_time(TimeNs then) {
  if (finished() || then == time_max) return false;
  clock_.now = std::max(clock_.now, then);
  for (std::size_t source : std::exchange(idle_, {})) activate(source);
  for (std::size_t e = 0; e < executors_.size(); ++e) {
    if (executor_finished_[e] || executors_[e]->next_time() > clock_.now) continue;
    executors_[e]->on_time(clock_.now);
    activate(e);
  }
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    for (Frame& frame : sources_[s].sender.resend(clock_.now)) {
      sources_[s].frames.push_back(std::move(frame));
      activate(s);
    }
  }
  if (!checkpointer_) return true;
  if (auto number = checkpointer_->due(clock_.now))
    for (std::size_t e = 0; e < executors_.size(); ++e)
      if (executors_[e]->is_spout()) post(barriers_at_[e], Barrier{e, *number});
  return true;
}

void Simulator::take(SavedState state) {
  auto complete = state.number == 0
                      ? checkpointer_->ended(state.task, std::move(state.bytes))
                      : checkpointer_->saved(state.number, state.task, std::move(state.bytes));
  if (complete) checkpoint_ = std::move(complete);
}

void Simulator::on_event(const Event& event) {
  // The feedback takes whatever comes, and is told only of some ends of rounds.
  if (plan_.components[wiring_.tasks[event.to].component].feedback) return;
  Account& book = account(event.to, event.edge, event.origin);
  std::uint64_t under_way = event.round + 1 - book.credited;
  DNSTORM_ASSERT(under_way <= plan_.config.credits, "more rounds under way than credits", event.to,
                 event.edge, under_way);
  DNSTORM_ASSERT(event.round == book.closed, "a round is left open or closed twice", event.round,
                 book.closed);
  if (event.closes) ++book.closed;
  rounds_under_way_max_ = std::max(rounds_under_way_max_, under_way);
}

void Simulator::on_credit(const Credit& credit) {
  const TaskWiring& sender = wiring_.tasks[credit.to];
  const OutEdge& edge = sender.out_edges[credit.edge];
  account(edge.to, edge.in_edge, sender.origins[credit.slot]).credited = credit.rounds;
}

void Simulator::request_stop() {
  for (auto& executor : executors_) executor->request_stop();
}

std::uint64_t Simulator::total(std::string_view counter) const {
  std::uint64_t sum = 0;
  for (const Task* task : tasks_)
    for (const NamedValue& value : task->stats().own.values())
      if (value.name == counter) sum += value.value;
  return sum;
}

std::uint64_t Simulator::replayed() const {
  std::uint64_t sum = 0;
  for (const Task* task : tasks_) sum += task->stats().replayed.value();
  return sum;
}

std::string Simulator::conservation() const {
  for (TaskIndex t = 0; t < tasks_.size(); ++t) {
    for (EdgeIndex e = 0; e < wiring_.tasks[t].in_edges.size(); ++e) {
      const InEdge& in = wiring_.tasks[t].in_edges[e];
      std::uint64_t sent = tasks_[in.from]->rows_sent(in.out_edge);
      std::uint64_t received = tasks_[t]->rows_received(e);
      if (sent != received)
        return fmt::format("{} rows sent from task {} to {}, {} received", sent, in.from, t,
                           received);
    }
  }
  for (const Source& source : sources_)
    if (!source.messages.empty() && std::holds_alternative<Event>(source.messages.front()))
      return "events are left over";
  return {};
}

}  // namespace dnstorm::testkit
