// What the tasks of a run share and may change: how many spouts have not ended, here and in other
// slices, and how the numbers of all tasks are come by. Thread-safe, once set_metrics() has been
// called.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>

#include "engine/api/system_view.hpp"
#include "engine/plan/plan.hpp"
#include "engine/runtime/event.hpp"
#include "engine/telemetry/task_stats.hpp"

namespace dnstorm::runtime {

using UseMetric = std::function<void(const TaskMetric&)>;

class RunView final : public SystemView {
 public:
  // `waits`: wait() does, by the clock of the machine; not in a simulation.
  RunView(const plan::Plan& plan, bool waits) : waits_(waits) {
    for (const plan::ComponentPlan& component : plan.components)
      if (component.is_spout() && !component.ends_with_others) open_ += component.tasks;
  }
  // Once, before the run begins. `tell` calls its argument for every number, or says false.
  void set_metrics(std::function<bool(const UseMetric&)> tell) { tell_ = std::move(tell); }
  // Likewise: told of each spout task here that has ended and that others wait for.
  void set_ended(std::function<void(TaskIndex)> ended) { told_ = std::move(ended); }
  // Once for each task of a spout that others wait for, by that task.
  void spout_ended_here(TaskIndex task) {
    spout_ended(task);
    if (told_) told_(task);
  }
  // The same of one that runs elsewhere; it may be told several times.
  void spout_ended(TaskIndex task) {
    std::lock_guard lock(mutex_);
    if (!ended_tasks_.insert(task).second) return;
    open_.fetch_sub(1, std::memory_order_acq_rel);
    ended_.notify_all();
  }

  bool others_ended() const override { return open_.load(std::memory_order_acquire) == 0; }
  void wait(DurationNs most) const override {
    if (!waits_) return;
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, std::chrono::nanoseconds(std::clamp<DurationNs>(most, 0, longest)),
                    [this] { return others_ended(); });
  }
  bool metrics(const UseMetric& use) const override { return tell_ && tell_(use); }

 private:
  static constexpr DurationNs longest = 10 * ns_per_ms;

  bool waits_;
  mutable std::mutex mutex_;  // for the next two
  mutable std::condition_variable ended_;
  std::set<TaskIndex> ended_tasks_;
  std::atomic<std::uint32_t> open_{0};
  std::function<void(TaskIndex)> told_;
  std::function<bool(const UseMetric&)> tell_;
};

// The numbers that every task has, and those of its operator.
inline void tell_metrics(std::string_view component, std::uint32_t task, const TaskStats& stats,
                         const UseMetric& use) {
  const std::pair<std::string_view, const Counter*> own[] = {
      {"executed", &stats.executed},     {"emitted", &stats.emitted},
      {"rounds", &stats.rounds},         {"busy_ns", &stats.busy_ns},
      {"blocked_ns", &stats.blocked_ns}, {"idle_ns", &stats.idle_ns},
      {"acked", &stats.acked},           {"failed", &stats.failed},
      {"timed_out", &stats.timed_out},   {"replayed", &stats.replayed}};
  for (const auto& [name, counter] : own) use({component, task, name, counter->value()});
  for (const NamedValue& value : stats.own.values())
    use({component, task, value.name, value.value});
}

}  // namespace dnstorm::runtime
