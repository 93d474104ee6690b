// Cycles under real threads: every row goes round and comes out once, and the run ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime/local_run.hpp"
#include "tests/unit/engine/runtime/hop_bolt.hpp"

namespace dnstorm::runtime::testing {
namespace {

constexpr NumberSettings numbers{.rounds = 60, .rows_per_batch = 50, .keys = 8};

// numbers -> pass -> hop -> pass, and out of hop into the sink.
void build_loop(PlanBuilder& build, Collected& collected, std::uint32_t tasks) {
  build.cycles().at_least_once(0);
  build.spout("numbers", [] { return std::make_unique<NumberSpout>(numbers); });
  build.bounded_spouts(8);
  build.bolt("pass", {{"numbers"}}, [] { return std::make_unique<PassBolt>(); }, {.tasks = tasks});
  build.bolt("hop", {{"pass", GroupingType::fields, {"seq"}}},
             [] { return std::make_unique<HopBolt>(); }, {.tasks = tasks, .streams = 3});
  build.close_cycle({"hop", GroupingType::shuffle, {}, 1}, "pass");
  build.bolt("sink", {{"hop", GroupingType::global}},
             [&] { return std::make_unique<CollectSink>(collected); });
}

void expect_each_once(const Collected& collected) {
  std::vector<std::uint64_t> seen;
  for (const TestRow& row : collected.rows()) seen.push_back(row.seq);
  std::sort(seen.begin(), seen.end());
  ASSERT_EQ(seen.size(), 3000u);
  for (std::uint64_t seq = 0; seq < seen.size(); ++seq) ASSERT_EQ(seen[seq], seq);
}

TEST(CycleRun, rows_go_round_and_come_out_once) {
  for (std::uint32_t tasks : {1u, 3u}) {
    PlanBuilder build;
    Collected collected;
    build_loop(build, collected, tasks);
    auto run = LocalRun::start(build.plan(), {}).value();
    ASSERT_TRUE(run->wait().ok());
    expect_each_once(collected);
    std::uint64_t back = 0;
    for (std::uint64_t seq = 0; seq < 3000; ++seq) back += hash_number(seq + 1) % numbers.keys;
    for (const TaskStatus& task : run->status().tasks) {
      if (task.component == "__feedback") {
        EXPECT_EQ(task.executed, back);
      }
      EXPECT_EQ(task.acked, task.spout ? numbers.rounds : 0);
      EXPECT_EQ(task.replayed, 0u);
    }
    EXPECT_EQ(run->status().total("undelivered"), 0u);
  }
}

TEST(CycleRun, tasks_may_move_while_rows_go_round) {
  PlanBuilder build;
  Collected collected;
  build_loop(build, collected, 3);
  auto run = LocalRun::start(build.plan(), {}).value();
  for (std::uint32_t n = 0; n < 12; ++n)
    ASSERT_TRUE(run->rebalance(n % 2 == 0 ? "hop" : "pass", 1 + n % 3).ok());
  ASSERT_TRUE(run->wait().ok());
  expect_each_once(collected);
}

// Bolts see the topology as its author wrote it.
TEST(CycleRun, nobody_sees_the_feedback) {
  class Watcher final : public Bolt {
   public:
    explicit Watcher(TaskContext& seen) : seen_(seen) {}
    Result<void> prepare(const TaskContext& task) override {
      seen_ = task;
      return {};
    }
    void execute(const InputBatch&, Emitter&) override {}

   private:
    TaskContext& seen_;
  };
  PlanBuilder build;
  TaskContext seen;
  build.cycles().at_least_once(0);
  build.spout("numbers", [] { return std::make_unique<NumberSpout>(numbers); });
  build.bolt("loop", {{"numbers"}}, [&seen] { return std::make_unique<Watcher>(seen); });
  build.close_cycle({"loop"}, "loop");
  auto run = LocalRun::start(build.plan(), {}).value();
  ASSERT_TRUE(run->wait().ok());
  ASSERT_EQ(seen.inputs.size(), 2u);
  EXPECT_EQ(seen.inputs[1].component, "loop");
  EXPECT_EQ(seen.inputs[1].stream, "stream0");
  EXPECT_EQ(seen.view->components.size(), 2u);
  ASSERT_EQ(seen.view->edges.size(), 2u);
  EXPECT_EQ(seen.view->edges[1].from, "loop");
}

// What a bolt gives when its input has ended has nobody left on the way back.
TEST(CycleRun, what_comes_after_the_end_is_counted) {
  class Last final : public Bolt {
   public:
    Result<void> prepare(const TaskContext&) override { return {}; }
    void execute(const InputBatch&, Emitter&) override {}
    Result<void> finish(Emitter& out) override {
      RowFields().write(out.row(), {});
      return {};
    }
  };
  PlanBuilder build;
  build.cycles().at_least_once(0);
  build.spout("numbers", [] { return std::make_unique<NumberSpout>(numbers); });
  build.bolt("loop", {{"numbers"}}, [] { return std::make_unique<Last>(); });
  build.close_cycle({"loop"}, "loop");
  auto run = LocalRun::start(build.plan(), {}).value();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_EQ(run->status().total("undelivered"), 1u);
}

}  // namespace
}  // namespace dnstorm::runtime::testing
