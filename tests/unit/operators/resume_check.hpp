// Whether a bolt goes on from a checkpoint as if nothing had happened: a task is saved after every
// step of a test, another one restored from it, and what both give from there on compared. And
// whether states that are cut off or changed do no harm.
//
//   check_resumes([] { return std::make_unique<TaskHarness>(count_operator(), options, fields); },
//                 {rows({{"1s", "28"}}), until(10 * ns_per_s)});
#pragma once

#include <functional>
#include <memory>
#include <random>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators::testing {

using Step = std::function<void(TaskHarness&)>;
using MakeTask = std::function<std::unique_ptr<TaskHarness>()>;

inline Step rows(std::vector<TextRow> batch, std::size_t input = 0) {
  return [batch = std::move(batch), input](TaskHarness& task) { task.feed(batch, input); };
}
inline Step until(TimeNs now) {
  return [now](TaskHarness& task) { task.watermark(now); };
}

inline std::vector<std::string> outputs(TaskHarness& task) {
  std::vector<std::string> all;
  for (std::size_t stream = 0; stream < task.declaration.outputs.size(); ++stream)
    for (std::string& row : task.take(stream)) all.push_back(std::move(row));
  return all;
}

// Restores what is not a state, and if the task takes it for one, works with it. The result may be
// anything; the test is that there is one.
inline void survives(const MakeTask& make, const std::vector<Step>& steps,
                     const std::string& bytes) {
  auto task = make();
  if (!task->restore(bytes).ok()) return;
  for (const Step& step : steps) step(*task);
  task->finish();
}

inline void check_damage(const MakeTask& make, const std::vector<Step>& steps,
                         const std::string& state) {
  std::mt19937_64 dice(state.size());
  for (int round = 0; round < 100 && !state.empty(); ++round) {
    std::string bytes = state;
    bytes.resize(dice() % bytes.size());
    survives(make, steps, bytes);
    bytes = state;
    // The counts and flags of a state stand among zeros at its beginning.
    std::size_t near = std::min<std::size_t>(bytes.size(), round % 2 == 0 ? 64 : bytes.size());
    for (int i = 0; i <= round % 4; ++i) bytes[dice() % near] = static_cast<char>(dice());
    survives(make, steps, bytes);
  }
}

inline void check_resumes(const MakeTask& make, const std::vector<Step>& steps) {
  std::string largest;
  for (std::size_t cut = 0; cut <= steps.size(); ++cut) {
    auto whole = make();
    for (std::size_t i = 0; i < cut; ++i) steps[i](*whole);
    std::string state = whole->save();
    outputs(*whole);
    auto resumed = make();
    auto restored = resumed->restore(state);
    ASSERT_TRUE(restored.ok()) << restored.error().what << " after step " << cut;
    for (std::size_t i = cut; i < steps.size(); ++i) {
      steps[i](*whole);
      steps[i](*resumed);
      ASSERT_EQ(outputs(*resumed), outputs(*whole)) << "cut after step " << cut << ", step " << i;
    }
    whole->finish();
    resumed->finish();
    ASSERT_EQ(outputs(*resumed), outputs(*whole)) << "cut after step " << cut << ", at the end";
    if (state.size() > largest.size()) largest = state;
  }
  check_damage(make, steps, largest);
}

}  // namespace dnstorm::operators::testing
