#include "engine/delivery/checkpointer.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::delivery {

Checkpointer::Checkpointer(std::size_t tasks, DurationNs interval, std::uint64_t last)
    : interval_(interval), last_(last), open_tasks_(tasks), states_(tasks), final_(tasks) {}

std::optional<std::uint64_t> Checkpointer::due(TimeNs now) {
  if (next_ == time_min) next_ = now + interval_;
  if (now < next_ || all_ended()) return std::nullopt;
  next_ = now + interval_;
  // One that is under way shows that the interval is too short: it is not overtaken.
  if (under_way_ != 0) return std::nullopt;
  under_way_ = ++last_;
  std::fill(states_.begin(), states_.end(), std::nullopt);
  missing_ = open_tasks_;
  return under_way_;
}

std::optional<Checkpoint> Checkpointer::saved(std::uint64_t number, std::uint32_t task,
                                              std::string state) {
  DNSTORM_ASSERT(number <= last_, "a state for a checkpoint that has not begun", number, last_);
  if (number != under_way_) return std::nullopt;
  DNSTORM_ASSERT(!states_[task] && !final_[task], "a task saves its state twice", task, number);
  states_[task] = std::move(state);
  --missing_;
  return take_complete();
}

std::optional<Checkpoint> Checkpointer::ended(std::uint32_t task, std::string state) {
  DNSTORM_ASSERT(!final_[task], "a task ends twice", task);
  final_[task] = std::move(state);
  --open_tasks_;
  if (under_way_ == 0) return std::nullopt;
  if (!states_[task]) --missing_;
  return take_complete();
}

std::optional<Checkpoint> Checkpointer::take_complete() {
  if (missing_ != 0) return std::nullopt;
  Checkpoint checkpoint{under_way_, {}};
  for (std::size_t t = 0; t < states_.size(); ++t)
    checkpoint.states.push_back(states_[t] ? std::move(*states_[t]) : *final_[t]);
  under_way_ = 0;
  return checkpoint;
}

}  // namespace dnstorm::delivery
