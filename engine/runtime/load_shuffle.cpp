#include "engine/runtime/load_shuffle.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"

namespace dnstorm::runtime {

namespace {

constexpr double tolerance = 1.5;   // how much worse than the best the next in turn may be
constexpr double newest = 1.0 / 8;  // share of a cost that the last round has
constexpr double forgotten = 1.0 / 64;

}  // namespace

// What a task is taken to cost of which nothing is known: as the best.
double LoadShuffle::usual_cost() const {
  double least = 0;
  for (const Task& task : tasks_)
    if (task.cost != 0 && (least == 0 || task.cost < least)) least = task.cost;
  return std::max(least, 1.0);
}

double LoadShuffle::expected(const Task& task, double usual, TimeNs now) {
  double cost = task.cost != 0 ? task.cost : usual;
  // A round that takes longer than usual tells so before it is done.
  if (task.under_way != 0) cost = std::max(cost, static_cast<double>(now - task.since));
  return static_cast<double>(task.under_way + 1) * cost;
}

std::uint32_t LoadShuffle::choose(TimeNs now) {
  const double usual = usual_cost();
  double best = expected(tasks_[0], usual, now);
  for (const Task& task : tasks_) best = std::min(best, expected(task, usual, now));
  auto turn = [this] { return next_ = next_ + 1 < tasks_.size() ? next_ + 1 : 0; };
  for (; expected(tasks_[next_], usual, now) > best * tolerance; turn()) {
    Task& passed = tasks_[next_];
    if (passed.under_way == 0) passed.cost -= passed.cost * forgotten;
  }
  std::uint32_t chosen = next_;
  turn();
  Task& task = tasks_[chosen];
  if (task.under_way++ == 0) task.since = now;
  return chosen;
}

void LoadShuffle::done(std::uint32_t index, TimeNs now) {
  Task& task = tasks_[index];
  DNSTORM_ASSERT(task.under_way != 0, "a round is done that was not dealt out", index);
  --task.under_way;
  auto took = static_cast<double>(std::max<TimeNs>(now - std::exchange(task.since, now), 1));
  task.cost += task.cost == 0 ? took : (took - task.cost) * newest;
}

}  // namespace dnstorm::runtime
