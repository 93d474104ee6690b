// How what tasks send finds its way, within the run and to other slices.
#include <algorithm>
#include <caf/send.hpp>
#include <iterator>
#include <memory>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/runtime/detail/local_state.hpp"

namespace dnstorm::runtime {

namespace {

// Events keep the clock of their sender; that of another machine may be ahead.
void into_the_past(Event& event, TimeNs now) {
  event.born = std::min(event.born, now);
  event.sent = std::min(event.sent, now);
}

}  // namespace

Sends LocalRun::State::sends_here() const {
  Sends sends;
  sends.event = [to = directory](Event event) {
    caf::anon_send(to->of_task[event.to], std::move(event));
  };
  sends.events = [to = directory](Events events) {
    // Those of one executor as one message: it is woken once.
    std::vector<Event>& all = events.all;
    for (auto begin = all.begin(); begin != all.end();) {
      const caf::actor& target = to->of_task[begin->to];
      auto end = std::stable_partition(
          begin, all.end(), [&](const Event& event) { return to->of_task[event.to] == target; });
      caf::anon_send(target,
                     Events{{std::make_move_iterator(begin), std::make_move_iterator(end)}});
      begin = end;
    }
  };
  sends.credit = [to = directory](Credit credit) {
    // Credits overtake rows: a producer that waits must not wait for its own input.
    caf::anon_send<caf::message_priority::high>(to->of_task[credit.to], credit);
  };
  sends.acks = [to = directory](Acks acks) {
    caf::anon_send<caf::message_priority::high>(to->of_task[acks.to], std::move(acks));
  };
  return sends;
}

Sends LocalRun::State::sends_of_slice() const {
  auto here = std::make_shared<std::vector<bool>>();
  for (TaskIndex task = 0; task < wiring.tasks.size(); ++task) here->push_back(runs_here(task));
  Sends sends;
  sends.event = [here, near = near.event, far = slice->event](Event event) {
    ((*here)[event.to] ? near : far)(std::move(event));
  };
  sends.events = [here, near = near.events, far = slice->events](Events events) {
    std::vector<Event>& all = events.all;
    auto others = std::stable_partition(all.begin(), all.end(),
                                        [&](const Event& event) { return (*here)[event.to]; });
    Events leaving{{std::make_move_iterator(others), std::make_move_iterator(all.end())}};
    all.erase(others, all.end());
    if (!all.empty()) near(std::move(events));
    if (!leaving.all.empty()) far(std::move(leaving));
  };
  sends.credit = [here, near = near.credit, far = slice->credit](Credit credit) {
    ((*here)[credit.to] ? near : far)(credit);
  };
  sends.acks = [here, near = near.acks, far = slice->acks](Acks acks) {
    ((*here)[acks.to] ? near : far)(std::move(acks));
  };
  return sends;
}

// Spouts that end with all others (system streams) may run in another slice. They have no inputs,
// so an event for one says just that: a spout task has ended.
void LocalRun::State::tell_other_slices(TaskIndex ended_spout) const {
  for (TaskIndex task = 0; task < wiring.tasks.size(); ++task) {
    if (!plan.components[wiring.tasks[task].component].ends_with_others || runs_here(task))
      continue;
    Event event;
    event.to = task;
    event.origin = wiring.tasks[ended_spout].origins.front();
    event.last = true;
    slice->event(std::move(event));
  }
}

// Whether it is no more than what tell_other_slices() says.
bool LocalRun::State::tells_of_end(const Event& event) const {
  DNSTORM_ASSERT(runs_here(event.to), "an event for a task of another slice", event.to);
  if (!plan.components[wiring.tasks[event.to].component].is_spout()) return false;
  setup.run_view->spout_ended(wiring.origins[event.origin]);
  return true;
}

void LocalRun::take(Event event) {
  if (state_->tells_of_end(event)) return;
  into_the_past(event, state_->clock->steady_ns());
  state_->near.event(std::move(event));
}

void LocalRun::take(Events events) {
  std::erase_if(events.all, [this](const Event& event) { return state_->tells_of_end(event); });
  TimeNs now = state_->clock->steady_ns();
  for (Event& event : events.all) into_the_past(event, now);
  state_->near.events(std::move(events));
}

void LocalRun::take(Credit credit) {
  DNSTORM_ASSERT(state_->runs_here(credit.to), "a credit for a task of another slice", credit.to);
  state_->near.credit(credit);
}

void LocalRun::take(Acks acks) {
  DNSTORM_ASSERT(state_->runs_here(acks.to), "acks for a task of another slice", acks.to);
  state_->near.acks(std::move(acks));
}

void LocalRun::request_barrier(std::uint64_t number) {
  DNSTORM_ASSERT(state_->slice && state_->saves_states(), "a barrier for a run without checkpoints",
                 number);
  for (const caf::actor& spout : state_->spouts())
    caf::anon_send<caf::message_priority::high>(spout, BarrierAtom::value, number);
}

std::vector<CrossEdge> LocalRun::cross_edges() const {
  DNSTORM_ASSERT(state_->completion->finished(), "rows are counted when all is over",
                 state_->plan.name);
  return state_->cross_edges();
}

std::vector<CrossEdge> LocalRun::State::cross_edges() const {
  std::vector<const Task*> tasks = tasks_by_index();
  std::vector<CrossEdge> edges;
  for (TaskIndex to = 0; to < tasks.size(); ++to) {
    const auto& in_edges = wiring.tasks[to].in_edges;
    for (EdgeIndex e = 0; e < in_edges.size(); ++e) {
      const InEdge& edge = in_edges[e];
      bool sent = tasks[edge.from] != nullptr;
      if (sent == (tasks[to] != nullptr)) continue;
      edges.push_back(
          {edge.from, to, sent,
           sent ? tasks[edge.from]->rows_sent(edge.out_edge) : tasks[to]->rows_received(e)});
    }
  }
  return edges;
}

}  // namespace dnstorm::runtime
