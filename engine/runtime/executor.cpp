#include "engine/runtime/executor.hpp"

#include <algorithm>
#include <exception>

namespace dnstorm::runtime {

Executor::Executor(const TaskSetup& setup, const ExecutorWiring& wiring)
    : first_(wiring.first_task), is_spout_(setup.plan->components[wiring.component].is_spout()) {
  for (TaskIndex i = 0; i < wiring.task_count; ++i) {
    if (is_spout_)
      tasks_.push_back(std::make_unique<SpoutTask>(setup, first_ + i));
    else
      tasks_.push_back(std::make_unique<BoltTask>(setup, first_ + i));
  }
}

Result<void> Executor::prepare() {
  try {
    for (auto& task : tasks_) {
      auto done = task->prepare();
      if (!done.ok()) return std::move(done.error()).within(component());
    }
  } catch (const std::exception& problem) {
    return Error{ErrorKind::internal, problem.what(), {}}.within(component());
  }
  return {};
}

void Executor::request_stop() {
  for (auto& task : tasks_)
    if (auto* spout = dynamic_cast<SpoutTask*>(task.get())) spout->request_stop();
}

bool Executor::blocking() const {
  return std::any_of(tasks_.begin(), tasks_.end(), [](auto& task) { return task->blocking(); });
}

Result<Executor::Outcome> Executor::pump() {
  std::size_t finished = 0;
  bool worked = false;
  bool idle = false;
  for (auto& task : tasks_) {
    Task::Progress progress;
    do {
      auto result = task->run_one();
      if (!result.ok()) return std::move(result.error()).within(component());
      progress = *result;
      worked = worked || progress == Task::Progress::worked;
    } while (!is_spout_ && progress == Task::Progress::worked);
    finished += progress == Task::Progress::finished;
    idle = idle || progress == Task::Progress::idle;
  }
  if (finished == tasks_.size()) return Outcome::finished;
  if (!is_spout_) return Outcome::waiting;
  if (worked) return Outcome::again;
  return idle ? Outcome::idle : Outcome::waiting;
}

}  // namespace dnstorm::runtime
