// Several slices of one plan in this process, connected with each other.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/runtime/local_run.hpp"
#include "engine/runtime/slice.hpp"

namespace dnstorm::runtime::testing {

// By executor: the slice that it runs in.
using Slicing = std::vector<std::uint32_t>;

inline Slicing deal_executors(const plan::Plan& plan, std::uint32_t slices,
                              std::uint32_t first = 0) {
  Slicing slicing;
  for (std::uint32_t e = 0; e < wire(plan).executors.size(); ++e)
    slicing.push_back((e + first) % slices);
  return slicing;
}

class Slices {
 public:
  Slices(const plan::Plan& plan, Slicing slicing, const std::vector<std::string>* restore = nullptr)
      : wiring_(wire(plan)), slicing_(std::move(slicing)) {
    DNSTORM_ASSERT(slicing_.size() == wiring_.executors.size(), "not as many as executors",
                   wiring_.executors.size());
    std::uint32_t slices = *std::max_element(slicing_.begin(), slicing_.end()) + 1;
    runs_.resize(slices);
    for (std::uint32_t s = 0; s < slices; ++s) prepare(plan, s, restore);
  }
  ~Slices() { crash(); }

  void begin() {
    for (auto& run : runs_) run->begin();
  }
  LocalRun& run(std::size_t slice) { return *runs_[slice]; }
  std::size_t size() const { return runs_.size(); }

  // Until all have finished. The first error.
  Result<void> wait() {
    Result<void> result;
    for (auto& run : runs_) {
      auto ended = run->wait();
      if (result.ok()) result = std::move(ended);
    }
    return result;
  }

  // All at once, in the middle of whatever they do.
  void crash() {
    std::vector<std::unique_ptr<LocalRun>> gone;
    {
      std::unique_lock lock(mutex_);
      gone.swap(runs_);
    }
  }

  void request_barrier(std::uint64_t number) {
    for (auto& run : runs_) run->request_barrier(number);
  }
  // The states of all tasks at that barrier, or at their end if that was before.
  std::vector<std::string> states_of(std::uint64_t number) {
    std::unique_lock lock(states_mutex_);
    states_changed_.wait(
        lock, [&] { return states_[number].size() + states_[0].size() >= wiring_.tasks.size(); });
    std::vector<std::string> states(wiring_.tasks.size());
    for (std::uint64_t of : {std::uint64_t{0}, number})
      for (auto& [task, bytes] : states_[of]) states[task] = bytes;
    return states;
  }

  // Edges between slices on which other rows were received than sent; or that one side lacks.
  std::size_t torn_edges() const {
    std::map<std::pair<TaskIndex, TaskIndex>, std::pair<std::uint64_t, std::uint64_t>> edges;
    std::size_t ends = 0;
    for (const auto& run : runs_)
      for (const CrossEdge& edge : run->cross_edges()) {
        auto& [sent, received] = edges[{edge.from, edge.to}];
        (edge.sent ? sent : received) = edge.rows;
        ++ends;
      }
    std::size_t torn = ends == 2 * edges.size() ? 0 : 1;
    for (const auto& [edge, rows] : edges) torn += rows.first != rows.second ? 1 : 0;
    return torn;
  }
  std::uint64_t rows_crossing() const {
    std::uint64_t rows = 0;
    for (const auto& run : runs_)
      for (const CrossEdge& edge : run->cross_edges()) rows += edge.sent ? edge.rows : 0;
    return rows;
  }

 private:
  void prepare(const plan::Plan& plan, std::uint32_t number,
               const std::vector<std::string>* restore) {
    Slice slice;
    for (std::uint32_t of : slicing_) slice.executors.push_back(of == number);
    slice.event = [this](Event event) { pass(event.to, std::move(event)); };
    slice.events = [this](Events events) {
      for (Event& event : events.all) {
        TaskIndex to = event.to;
        Events one;
        one.all.push_back(std::move(event));
        pass(to, std::move(one));
      }
    };
    slice.credit = [this](Credit credit) { pass(credit.to, credit); };
    slice.acks = [this](Acks acks) { pass(acks.to, std::move(acks)); };
    slice.state = [this](SavedState state) {
      std::lock_guard lock(states_mutex_);
      states_[state.number][state.task] = std::move(state.bytes);
      states_changed_.notify_all();
    };
    slice.restore = restore;
    runs_[number] = LocalRun::prepare(plan, {.slice = &slice}).value();
  }
  template <class Message>
  void pass(TaskIndex to, Message message) {
    std::shared_lock lock(mutex_);
    if (runs_.empty()) return;  // crashed
    runs_[slicing_[wiring_.tasks[to].executor]]->take(std::move(message));
  }

  Wiring wiring_;
  Slicing slicing_;
  mutable std::shared_mutex mutex_;  // guards runs_ against a crash
  std::vector<std::unique_ptr<LocalRun>> runs_;
  std::mutex states_mutex_;
  std::condition_variable states_changed_;
  std::map<std::uint64_t, std::map<TaskIndex, std::string>> states_;  // by number; 0: of the end
};

}  // namespace dnstorm::runtime::testing
