#include "engine/runtime/tap_hub.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime/local_run.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::UnorderedElementsAreArray;

class Watcher final : public TapListener {
 public:
  void see(std::uint32_t task, const Batch& batch, const Selection* selection) override {
    std::lock_guard lock(mutex);
    for (RowView row : Rows(batch, selection)) {
      rows.push_back(RowFields().read(row));
      by_task[task]++;
    }
  }
  std::mutex mutex;
  std::vector<TestRow> rows;
  std::map<std::uint32_t, std::size_t> by_task;
};

// numbers -> pass (2 tasks, by name) -> sink
class TapHubTest : public ::testing::Test {
 protected:
  TapHubTest() {
    build.spout("numbers", [] {
      return std::make_unique<NumberSpout>(NumberSettings{.rounds = 20, .rows_per_batch = 10});
    });
    build.bolt("pass", {{"numbers", GroupingType::fields, {"name"}}},
               [] { return std::make_unique<PassBolt>(); }, {.tasks = 2});
    build.bolt("sink", {{"pass"}}, [this] { return std::make_unique<CollectSink>(collected); });
  }
  void run() {
    RunOptions options;
    options.taps = &taps;
    auto run = LocalRun::start(build.plan(), options).value();
    ASSERT_TRUE(run->wait().ok());
  }
  static TapPlace output(std::uint32_t component) { return {component, TapPlace::Side::output, 0}; }
  static TapPlace input(std::uint32_t component) { return {component, TapPlace::Side::input, 0}; }

  PlanBuilder build;
  Collected collected;
  TapHub taps;
};

TEST_F(TapHubTest, SeesEveryRowOnceOnBothSidesOfAnEdge) {
  auto emitted = std::make_shared<Watcher>();
  auto arrived = std::make_shared<Watcher>();
  taps.open(output(0), emitted);
  taps.open(input(1), arrived);
  run();
  ASSERT_EQ(emitted->rows.size(), 200u);
  EXPECT_THAT(arrived->rows, UnorderedElementsAreArray(emitted->rows));
  EXPECT_EQ(emitted->by_task.size(), 1u);
  EXPECT_EQ(arrived->by_task.size(), 2u) << "the task is that of the receiver";
}

TEST_F(TapHubTest, IsClosedForOneListenerAndNotForAnother) {
  auto first = std::make_shared<Watcher>();
  auto second = std::make_shared<Watcher>();
  taps.open(output(1), first);
  taps.open(output(1), second);
  taps.close(*first);
  EXPECT_TRUE(taps.any_open());
  run();
  EXPECT_TRUE(first->rows.empty());
  EXPECT_EQ(second->rows.size(), 200u);
  taps.close(*second);
  EXPECT_FALSE(taps.any_open());
}

TEST_F(TapHubTest, MayBeOpenedAndClosedWhileRowsPass) {
  std::atomic<bool> over{false};
  std::thread opener([&] {
    while (!over) {
      auto watcher = std::make_shared<Watcher>();
      taps.open(input(2), watcher);
      taps.close(*watcher);
    }
  });
  run();
  over = true;
  opener.join();
  EXPECT_FALSE(taps.any_open());
}

// A wait that goes on is in the sums: they never go back, and grow while nothing else happens.
TEST(Waits, WhatGoesOnIsCounted) {
  PlanBuilder build;
  Collected collected;
  build.spout("numbers", [] {
    return std::make_unique<NumberSpout>(NumberSettings{.rounds = 1, .idle_every = 2});
  });
  build.bolt("sink", {{"numbers"}}, [&] { return std::make_unique<CollectSink>(collected); });
  RunOptions options;
  options.active = false;  // the sink has nothing to do until the spout is asked
  auto run = LocalRun::start(build.plan(), options).value();
  auto sink_idle = [&run] {
    for (const TaskStatus& task : run->status().tasks)
      if (task.component == "sink") return task.idle_ns;
    return std::uint64_t{0};
  };
  std::uint64_t before = 0;
  run->activate();
  while (!run->wait_for(std::chrono::milliseconds(0))) {
    std::uint64_t now = sink_idle();
    EXPECT_GE(now, before);
    before = now;
  }
  EXPECT_TRUE(run->wait().ok());
}

}  // namespace
}  // namespace dnstorm::runtime::testing
