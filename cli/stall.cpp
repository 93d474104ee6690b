#include "cli/stall.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dnstorm::cli {

namespace {

const runtime::TaskStatus* find(const runtime::RunStatus& status, const std::string& name) {
  for (const runtime::TaskStatus& task : status.tasks)
    if (name == task.component || name == fmt::format("{}/{}", task.component, task.index))
      return &task;
  return nullptr;
}

std::string cause_of(const runtime::RunStatus& status, std::string name) {
  // Waits cannot go in a circle for ever; a snapshot of a moving system may look as if.
  for (std::size_t steps = 0; steps < status.tasks.size(); ++steps) {
    const runtime::TaskStatus* task = find(status, name);
    if (task == nullptr || task->waits_for.empty()) break;
    name = task->waits_for;
  }
  return name;
}

}  // namespace

std::optional<Stall> find_stall(const runtime::RunStatus& status, std::uint64_t at_least_ns) {
  const runtime::TaskStatus* worst = nullptr;
  for (const runtime::TaskStatus& task : status.tasks) {
    if (!task.spout || task.waits_for.empty() || task.waiting_ns < at_least_ns) continue;
    if (worst == nullptr || task.waiting_ns > worst->waiting_ns) worst = &task;
  }
  if (worst == nullptr) return std::nullopt;
  return Stall{worst->component, worst->waits_for, cause_of(status, worst->waits_for),
               worst->waiting_ns};
}

std::string to_string(const Stall& stall) {
  std::string text = fmt::format("{} has waited {} s for {}", stall.source,
                                 stall.since_ns / 1'000'000'000, stall.waits_for);
  if (stall.cause != stall.waits_for) text += fmt::format(": the cause is {}", stall.cause);
  return text;
}

}  // namespace dnstorm::cli
