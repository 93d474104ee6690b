#include "engine/runtime/executor.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/runtime/feedback_task.hpp"

namespace dnstorm::runtime {

namespace {

constexpr std::uint32_t elsewhere = ~std::uint32_t{0};

bool is_chain(const TaskSetup& setup, const ExecutorWiring& wiring) {
  return setup.wiring->tasks[wiring.tasks.back()].component != wiring.component;
}

}  // namespace

Executor::Executor(const TaskSetup& setup, const ExecutorWiring& wiring)
    : place_(setup.wiring->tasks.size(), elsewhere) {
  for (TaskIndex index : wiring.tasks) {
    const plan::ComponentPlan& component =
        setup.plan->components[setup.wiring->tasks[index].component];
    if (component.feedback)
      tasks_.push_back(std::make_unique<FeedbackTask>(setup, index));
    else if (component.is_spout())
      tasks_.push_back(std::make_unique<SpoutTask>(setup, index));
    else
      tasks_.push_back(std::make_unique<BoltTask>(setup, index));
  }
  place(wiring);
  for (auto& task : tasks_) task->connect(own_sends(setup, wiring));
}

Executor::Executor(const TaskSetup& setup, const ExecutorWiring& wiring,
                   std::vector<std::unique_ptr<Task>> tasks)
    : tasks_(std::move(tasks)), place_(setup.wiring->tasks.size(), elsewhere) {
  place(wiring);
  for (auto& task : tasks_) task->connect(own_sends(setup, wiring));
}

void Executor::place(const ExecutorWiring& wiring) {
  DNSTORM_ASSERT(tasks_.size() == wiring.tasks.size(), "an executor has other tasks than it should",
                 tasks_.size(), wiring.tasks.size());
  for (std::uint32_t i = 0; i < tasks_.size(); ++i) place_[wiring.tasks[i]] = i;
  progress_.resize(tasks_.size(), Task::Progress::idle);
  running_ = tasks_.front().get();
}

// In a chain, what is for a task of the same executor stays here.
Sends Executor::own_sends(const TaskSetup& setup, const ExecutorWiring& wiring) {
  if (!is_chain(setup, wiring)) return setup.send;
  send_ = setup.send;
  held_turns_max_ = std::max(setup.plan->config.credits / 2, 1U);
  Sends own;
  own.event = [this](Event event) {
    if (Task* task = find(event.to))
      task->push(std::move(event));
    else
      send_or_hold(std::move(event));
  };
  own.credit = [this, send = setup.send.credit](Credit credit) {
    if (Task* task = find(credit.to))
      task->credit(credit);
    else
      send(credit);
  };
  own.acks = [this, send = setup.send.acks](Acks acks) {
    if (find(acks.to) != nullptr)
      take(acks);
    else
      send(std::move(acks));
  };
  return own;
}

void Executor::send_or_hold(Event event) {
  bool says_little = !event.batch && !event.last && event.checkpoint == 0 && !event.idle;
  if (holding_ && says_little) {
    held_.push_back(std::move(event));
    return;
  }
  send_held();
  send_.event(std::move(event));
}

void Executor::send_held() {
  if (!held_.empty()) send_.events({std::exchange(held_, {})});
  turns_held_ = 0;
}

void Executor::release() {
  holding_ = false;
  send_held();
}

Task* Executor::find(TaskIndex index) {
  return place_[index] == elsewhere ? nullptr : tasks_[place_[index]].get();
}

Task& Executor::task(TaskIndex index) {
  Task* own = find(index);
  DNSTORM_ASSERT(own != nullptr, "a message for a task of another executor", index);
  return *own;
}

// Sinks first: a source must not be opened before everything behind it is ready.
Result<void> Executor::prepare() {
  try {
    for (auto task = tasks_.rbegin(); task != tasks_.rend(); ++task) {
      running_ = task->get();
      auto done = (*task)->prepare();
      if (!done.ok()) return std::move(done.error()).within(component());
    }
  } catch (const std::exception& problem) {
    return Error{ErrorKind::internal, problem.what(), {}}.within(component());
  }
  return {};
}

std::vector<SpoutTask*> Executor::spouts() const {
  std::vector<SpoutTask*> spouts;
  for (auto& task : tasks_)
    if (task->is_spout()) spouts.push_back(static_cast<SpoutTask*>(task.get()));
  return spouts;
}

void Executor::take(const Acks& acks) {
  Task& spout = task(acks.to);
  DNSTORM_ASSERT(spout.is_spout(), "an ack for a task that is no spout", acks.to);
  static_cast<SpoutTask&>(spout).take(acks);
}

void Executor::request_stop() {
  for (auto& task : tasks_) task->request_stop();
}

void Executor::request_barrier(std::uint64_t number) {
  for (SpoutTask* spout : spouts()) spout->request_barrier(number);
}

void Executor::set_active(bool active) {
  for (SpoutTask* spout : spouts()) spout->set_active(active);
}

TimeNs Executor::next_time() const {
  TimeNs next = time_max;
  for (auto& task : tasks_) next = std::min(next, task->next_time());
  return next;
}

void Executor::on_time(TimeNs now) {
  for (auto& task : tasks_) {
    running_ = task.get();
    if (task->next_time() <= now) task->on_time(now);
  }
}

bool Executor::blocking() const {
  return std::any_of(tasks_.begin(), tasks_.end(), [](auto& task) { return task->blocking(); });
}

// One event at a time from source to end of a chain, so that a batch is worked on while it is in
// the cache; until nothing moves, because a credit given at the end of the chain may let its
// beginning go on.
Result<Executor::Outcome> Executor::pump() {
  bool worked = false;
  for (bool first = true, moved = true; moved; first = false) {
    moved = false;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      if (tasks_[i]->is_spout() && !first) continue;
      running_ = tasks_[i].get();
      progress_[i] = Task::Progress::worked;  // what it stays after an error
      progress_[i] = DNSTORM_TRY(step(*tasks_[i]));
      moved = moved || progress_[i] == Task::Progress::worked;
    }
    worked = worked || moved;
  }
  if (!held_.empty() && ++turns_held_ >= held_turns_max_) send_held();
  return outcome(worked);
}

Result<Task::Progress> Executor::step(Task& task) {
  auto result = task.run_one();
  if (!result.ok()) return std::move(result.error()).within(component());
  task.note(*result);
  return result;
}

Executor::Outcome Executor::outcome(bool worked) const {
  auto all = [this](Task::Progress wanted) {
    return std::all_of(progress_.begin(), progress_.end(),
                       [wanted](Task::Progress progress) { return progress == wanted; });
  };
  if (all(Task::Progress::finished)) return Outcome::finished;
  if (!is_spout()) return Outcome::waiting;
  if (worked) return Outcome::again;
  for (std::size_t i = 0; i < tasks_.size(); ++i)
    if (tasks_[i]->is_spout() && progress_[i] == Task::Progress::idle) return Outcome::idle;
  return Outcome::waiting;
}

}  // namespace dnstorm::runtime
