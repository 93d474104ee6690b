#include <algorithm>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include "engine/base/assert.hpp"
#include "engine/runtime/detail/local_state.hpp"

namespace dnstorm::runtime {

namespace {

// Until it has answered.
template <caf::message_priority priority = caf::message_priority::normal, class Atom>
void ask(caf::scoped_actor& self, const caf::actor& actor, Atom question) {
  self->request<priority>(actor, caf::infinite, question)
      .receive([] {}, [](const caf::error&) { /* it is gone: it is at rest */ });
}

}  // namespace

Result<void> LocalRun::State::rebalance(const std::string& component, std::uint32_t count) {
  auto found = std::find_if(layout.components.begin(), layout.components.end(),
                            [&](const auto& other) { return other.id == component; });
  if (found == layout.components.end())
    return Error{ErrorKind::usage, fmt::format("there is no component '{}'", component), {}};
  if (count == 0 || count > found->tasks)
    return Error{ErrorKind::usage,
                 fmt::format("'{}' has {} tasks, so it takes 1 to {} executors, not {}", component,
                             found->tasks, found->tasks, count),
                 {}};
  if (slice)
    return Error{ErrorKind::usage,
                 "executors of a topology that runs on several nodes are moved by the coordinator",
                 {}};
  if (completion->finished()) return {};
  found->executors = count;
  for (plan::ComponentPlan& other : layout.components) other.chained_to.reset();
  if (layout.config.chaining) plan::set_chains(layout);
  std::lock_guard lock(mutex);
  caf::scoped_actor self(*system);
  park(self);
  regroup();
  spawn_executors();
  if (checkpoints) caf::anon_send(checkpoints, spouts());
  start_executors();
  return {};
}

// First nobody works any more, then all that is under way is taken in, then nobody is there. A
// mailbox has two queues, for rows and for credits and acks, and neither waits for the other: each
// has to say that it is empty.
void LocalRun::State::park(caf::scoped_actor& self) {
  if (checkpoints) ask(self, checkpoints, ParkAtom::value);
  for (const caf::actor& actor : actors) ask(self, actor, ParkAtom::value);
  for (const caf::actor& actor : actors) {
    ask(self, actor, SyncAtom::value);
    ask<caf::message_priority::high>(self, actor, SyncAtom::value);
  }
  for (const caf::actor& actor : actors) {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    self->wait_for(actor);
  }
}

void LocalRun::State::regroup() {
  std::vector<std::unique_ptr<Task>> tasks(wiring.tasks.size());
  for (auto& executor : executors)
    for (auto& task : executor->release_tasks()) {
      TaskIndex index = task->index();
      tasks[index] = std::move(task);
    }
  // Only who works where is new: tasks, their numbers and their edges stay.
  Wiring anew = wire(layout);
  DNSTORM_ASSERT(anew.tasks.size() == tasks.size(), "a rebalance changes the number of tasks",
                 anew.tasks.size(), tasks.size());
  wiring.executors = std::move(anew.executors);
  for (TaskIndex t = 0; t < tasks.size(); ++t) wiring.tasks[t].executor = anew.tasks[t].executor;
  executors.clear();
  for (const ExecutorWiring& executor : wiring.executors) {
    std::vector<std::unique_ptr<Task>> own;
    for (TaskIndex index : executor.tasks) own.push_back(std::move(tasks[index]));
    executors.push_back(std::make_shared<Executor>(setup, executor, std::move(own)));
  }
  completion->begin_anew(executors.size());
}

}  // namespace dnstorm::runtime
