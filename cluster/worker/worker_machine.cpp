#include "cluster/worker/worker_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dnstorm::cluster {

void WorkerMachine::take(const WorkerOrder& order) {
  bool first = !order_;
  bool own = first || (order.topology == report_.topology &&
                       order.assignment.incarnation == report_.incarnation);
  if (!own || stopped_) return;
  order_ = order;
  if (first) {
    report_.topology = order.topology;
    report_.incarnation = order.assignment.incarnation;
    // A barrier that was due before it began is not for it.
    report_.checkpoint = order.restore;
    say();
  }
  go_on();
}

void WorkerMachine::take(const Submission& submission) {
  if (submission_ || stopped_) return;
  submission_ = submission;
  go_on();
}

void WorkerMachine::take(StatePart part) {
  bool wanted = order_ && !preparing_ && part.topology == report_.topology &&
                part.incarnation == report_.incarnation && part.number == order_->restore;
  if (!wanted || stopped_) return;
  states_.insert_or_assign(part.task, std::move(part.bytes));
  go_on();
}

void WorkerMachine::stop() {
  if (stopped_) return;
  stopped_ = true;
  if (!over()) {
    report_.state = WorkerState::stopped;
    say();
  }
  outputs_.emplace_back(EndProcess{});
}

void WorkerMachine::planned(const std::vector<std::uint32_t>& tasks_here) {
  tasks_here_ = tasks_here;
  go_on();
}

void WorkerMachine::prepared(const std::string& endpoint) {
  if (stopped_ || over()) return;
  report_.state = WorkerState::prepared;
  report_.endpoint = endpoint;
  say();
  go_on();
}

void WorkerMachine::failed(const std::string& why) {
  if (stopped_ || over()) return;
  report_.state = WorkerState::failed;
  report_.error = why;
  say();
}

void WorkerMachine::finished(std::vector<EdgeRows> rows) {
  if (stopped_ || over()) return;
  report_.state = WorkerState::finished;
  report_.rows = std::move(rows);
  say();
}

// What can be done now that could not be done before.
void WorkerMachine::go_on() {
  if (!order_ || !submission_ || stopped_ || over()) return;
  switch (report_.state) {
    case WorkerState::starting:
      if (!planning_) {
        planning_ = true;
        if (digest(*submission_) != order_->submission)
          return failed("its node gave it another submission than that of its order");
        outputs_.emplace_back(MakePlan{*submission_, order_->assignment});
      }
      return prepare();
    case WorkerState::prepared:
      if (order_->phase != WorkerPhase::prepare) begin();
      return;
    case WorkerState::running:
      return follow();
    default:
      return;
  }
}

void WorkerMachine::prepare() {
  if (!tasks_here_ || preparing_) return;
  bool restores = order_->restore != 0;
  auto here = [this](std::uint32_t task) { return states_.count(task) != 0; };
  if (restores && !std::all_of(tasks_here_->begin(), tasks_here_->end(), here)) return;
  preparing_ = true;
  active_ = order_->active;
  Prepare prepare{active_, std::nullopt};
  if (restores) prepare.states = std::exchange(states_, {});
  outputs_.emplace_back(std::move(prepare));
}

void WorkerMachine::begin() {
  report_.state = WorkerState::running;
  outputs_.emplace_back(Begin{order_->peers});
  say();
  follow();
}

void WorkerMachine::follow() {
  if (order_->active != active_) {
    active_ = order_->active;
    outputs_.emplace_back(SetActive{active_});
  }
  if (order_->checkpoint > report_.checkpoint) {
    report_.checkpoint = order_->checkpoint;
    outputs_.emplace_back(TakePart{report_.checkpoint});
    say();
  }
  if (order_->phase == WorkerPhase::drain && !draining_) {
    draining_ = true;
    outputs_.emplace_back(DrainSources{});
  }
}

std::vector<WorkerOutput> WorkerMachine::take_outputs() { return std::exchange(outputs_, {}); }

}  // namespace dnstorm::cluster
