#include "engine/runtime/slice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/api/system_view.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"
#include "tests/unit/engine/runtime/slices.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Build = std::function<void(PlanBuilder&, Collected&)>;

// With one source to the last byte; between several there is no order but that of windows.
enum class Order { exact, any };
std::vector<TestRow> rows_of(const Collected& collected, Order order) {
  std::vector<TestRow> rows = collected.rows();
  if (order == Order::any) std::sort(rows.begin(), rows.end());
  return rows;
}

void numbers(PlanBuilder& build, NumberSettings settings, std::uint32_t tasks = 1) {
  build.spout("numbers", [settings] { return std::make_unique<NumberSpout>(settings); },
              {.tasks = tasks});
}
void sorted_sink(PlanBuilder& build, Collected& rows, const std::vector<InputSpec>& inputs) {
  build.bolt("sink", inputs, [&rows] {
    return std::make_unique<CollectSink>(rows,
                                         CollectSink::Settings{.sort_between_watermarks = true});
  });
}
void pass(PlanBuilder& build, const std::string& id, const InputSpec& input, std::uint32_t tasks) {
  build.bolt(id, {input}, [] { return std::make_unique<PassBolt>(); },
             {.tasks = tasks, .state = StateScope::none});
}
void windows(PlanBuilder& build, const std::string& from, std::uint32_t tasks) {
  build.bolt("count", {{from, GroupingType::fields, {"name"}}},
             [] { return std::make_unique<WindowBolt>(100); },
             {.tasks = tasks, .state = StateScope::keyed});
}

// What every way to cut the plan gives, against the same plan in one piece.
void expect_the_same_in_slices(Order order, const Build& build) {
  std::vector<TestRow> expected;
  {
    PlanBuilder plan;
    Collected rows;
    build(plan, rows);
    auto run = LocalRun::start(plan.plan(), {}).value();
    ASSERT_TRUE(run->wait().ok());
    expected = rows_of(rows, order);
    ASSERT_FALSE(expected.empty());
  }
  for (std::uint32_t slices : {2u, 3u})
    for (std::uint32_t first : {0u, 1u}) {
      PlanBuilder plan;
      Collected rows;
      build(plan, rows);
      Slices net(plan.plan(), deal_executors(plan.plan(), slices, first));
      net.begin();
      ASSERT_TRUE(net.wait().ok());
      EXPECT_TRUE(rows_of(rows, order) == expected) << slices << " slices from " << first;
      EXPECT_EQ(net.torn_edges(), 0u);
      EXPECT_NE(net.rows_crossing(), 0u);
    }
}

TEST(Slice, passes_rows_on_in_the_order_of_the_source) {
  expect_the_same_in_slices(Order::exact, [](PlanBuilder& build, Collected& rows) {
    numbers(build, {.rounds = 300, .rows_per_batch = 7, .batches_per_round = 2, .idle_every = 5});
    pass(build, "one", {"numbers"}, 3);
    pass(build, "two", {"one"}, 2);
    build.bolt("sink", {{"two", GroupingType::global}},
               [&rows] { return std::make_unique<CollectSink>(rows); });
  });
}

TEST(Slice, counts_by_key_and_window) {
  expect_the_same_in_slices(Order::exact, [](PlanBuilder& build, Collected& rows) {
    numbers(build, {.rounds = 200, .rows_per_batch = 40, .keys = 30});
    pass(build, "split", {"numbers"}, 4);
    windows(build, "split", 3);
    sorted_sink(build, rows, {{"count", GroupingType::global}});
  });
}

TEST(Slice, counts_what_several_sources_give) {
  expect_the_same_in_slices(Order::any, [](PlanBuilder& build, Collected& rows) {
    numbers(build, {.rounds = 200, .rows_per_batch = 40, .keys = 30, .disorder = 20}, 2);
    pass(build, "split", {"numbers"}, 4);
    windows(build, "split", 3);
    sorted_sink(build, rows, {{"count", GroupingType::global}});
  });
}

TEST(Slice, runs_chains_that_hold_back_the_ends_of_rounds) {
  expect_the_same_in_slices(Order::any, [](PlanBuilder& build, Collected& rows) {
    numbers(build, {.rounds = 2000, .rows_per_batch = 5, .keys = 3}, 3);
    pass(build, "near", {"numbers", GroupingType::local_or_shuffle}, 3);
    windows(build, "near", 4);
    sorted_sink(build, rows, {{"count", GroupingType::global}});
    build.chain();
  });
}

TEST(Slice, deals_by_load_to_tasks_elsewhere) {
  expect_the_same_in_slices(Order::exact, [](PlanBuilder& build, Collected& rows) {
    numbers(build, {.rounds = 500, .rows_per_batch = 10});
    pass(build, "work", {"numbers"}, 4);
    build.bolt("sink", {{"work", GroupingType::global}},
               [&rows] { return std::make_unique<CollectSink>(rows); });
    build.load_shuffles();
  });
}

TEST(Slice, tracks_rows_to_their_end_at_least_once) {
  expect_the_same_in_slices(Order::any, [](PlanBuilder& build, Collected& rows) {
    numbers(build, {.rounds = 200, .rows_per_batch = 10, .keys = 5}, 2);
    pass(build, "split", {"numbers"}, 3);
    windows(build, "split", 2);
    sorted_sink(build, rows, {{"count", GroupingType::global}});
    build.at_least_once(60 * ns_per_s).bounded_spouts(8);
  });
}

TEST(Slice, settles_roots_whose_rows_are_elsewhere) {
  PlanBuilder plan;
  Collected rows;
  numbers(plan, {.rounds = 100, .rows_per_batch = 10});
  pass(plan, "pass", {"numbers"}, 1);
  sorted_sink(plan, rows, {{"pass"}});
  plan.at_least_once(60 * ns_per_s);
  Slices net(plan.plan(), {0, 1, 2});
  net.begin();
  ASSERT_TRUE(net.wait().ok());
  RunStatus status = net.run(0).status();
  ASSERT_THAT(status.tasks, SizeIs(1));
  EXPECT_EQ(status.tasks[0].acked, 100u);
  EXPECT_EQ(status.tasks[0].failed, 0u);
}

// Holds up whoever calls wait() until it is opened.
class Gate {
 public:
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    reached_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_until_reached() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return reached_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  bool reached_ = false;
};

void counted(PlanBuilder& build, Collected& rows, Gate& gate) {
  numbers(build, {.rounds = 3000, .rows_per_batch = 20, .keys = 30, .disorder = 20}, 2);
  pass(build, "split", {"numbers"}, 3);
  windows(build, "split", 3);
  build.bolt("sink", {{"count", GroupingType::global}}, [&rows, &gate] {
    CollectSink::Settings settings{.sort_between_watermarks = true};
    settings.on_execute = [&gate] { gate.wait(); };
    return std::make_unique<CollectSink>(rows, settings);
  });
  build.exactly_once(60 * ns_per_s);
}

TEST(Slice, goes_on_after_a_crash_in_another_slicing_as_if_there_had_been_none) {
  Gate open;
  open.open();
  std::vector<TestRow> expected;
  {
    PlanBuilder plan;
    Collected rows;
    counted(plan, rows, open);
    Slices net(plan.plan(), Slicing(wire(plan.plan()).executors.size(), 0));
    net.begin();
    ASSERT_TRUE(net.wait().ok());
    expected = rows_of(rows, Order::any);
  }
  Collected rows;
  Gate gate;
  PlanBuilder plan;
  counted(plan, rows, gate);
  std::vector<std::string> states;
  {
    Slices net(plan.plan(), deal_executors(plan.plan(), 2));
    net.begin();
    // The sink stands at its first row, and credits keep all others near it: this is the middle.
    gate.wait_until_reached();
    net.request_barrier(1);
    gate.open();
    states = net.states_of(1);
    net.crash();
  }
  PlanBuilder again;
  counted(again, rows, open);
  Slices net(again.plan(), deal_executors(again.plan(), 3, 1), &states);
  net.begin();
  ASSERT_TRUE(net.wait().ok());
  EXPECT_TRUE(rows_of(rows, Order::any) == expected);
  EXPECT_EQ(net.torn_edges(), 0u);
}

// A task without a state begins anew beside others that go on.
TEST(Slice, begins_a_task_anew_that_has_no_state) {
  PlanBuilder plan;
  Collected rows;
  numbers(plan, {.rounds = 50, .rows_per_batch = 4}, 2);
  sorted_sink(plan, rows, {{"numbers", GroupingType::global}});
  plan.exactly_once(60 * ns_per_s);
  std::vector<std::string> states;
  {
    Slices net(plan.plan(), {0, 1, 0});
    net.begin();
    ASSERT_TRUE(net.wait().ok());
    states = net.states_of(0);
  }
  ASSERT_THAT(rows.entries(), SizeIs(400));
  states[1].clear();
  Slices net(plan.plan(), {0, 1, 0}, &states);
  net.begin();
  ASSERT_TRUE(net.wait().ok());
  EXPECT_EQ(net.run(0).status().total("produced"), 200u);  // as it had counted
  EXPECT_EQ(net.run(1).status().total("produced"), 200u);  // once more
}

// Nothing happens before begin(), and what comes meanwhile is kept.
TEST(Slice, takes_in_what_comes_before_it_begins) {
  PlanBuilder plan;
  Collected rows;
  numbers(plan, {.rounds = 3, .rows_per_batch = 4});
  sorted_sink(plan, rows, {{"numbers"}});
  Slices net(plan.plan(), {0, 1});
  net.run(0).begin();
  ASSERT_TRUE(net.run(0).wait().ok());
  EXPECT_THAT(rows.entries(), IsEmpty());
  EXPECT_FALSE(net.run(1).status().finished);
  net.run(1).begin();
  ASSERT_TRUE(net.wait().ok());
  EXPECT_THAT(rows.entries(), SizeIs(12));
}

TEST(Slice, shows_its_own_tasks_and_for_whom_they_wait) {
  PlanBuilder plan;
  Collected rows;
  numbers(plan, {.endless = true});
  pass(plan, "pass", {"numbers"}, 2);
  sorted_sink(plan, rows, {{"pass"}});
  Slices net(plan.plan(), {0, 0, 1, 1});
  net.run(0).begin();
  RunStatus status;
  do status = net.run(0).status();
  while (!status.tasks[0].blocked);
  ASSERT_THAT(status.tasks, SizeIs(2));
  EXPECT_EQ(status.tasks[0].component, "numbers");
  EXPECT_THAT(status.tasks[0].waits_for, HasSubstr("pass/"));
  EXPECT_EQ(status.tasks[1].component, "pass");
  net.run(1).begin();
  for (std::size_t s = 0; s < net.size(); ++s) net.run(s).request_stop();
  EXPECT_TRUE(net.wait().ok());
}

TEST(Slice, leaves_moving_executors_to_the_one_who_sees_all) {
  PlanBuilder plan;
  Collected rows;
  numbers(plan, {.rounds = 3});
  pass(plan, "pass", {"numbers"}, 2);
  sorted_sink(plan, rows, {{"pass"}});
  Slices net(plan.plan(), {0, 0, 1, 1});
  net.begin();
  auto refused = net.run(0).rebalance("pass", 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("moved by the coordinator"));
  EXPECT_TRUE(net.wait().ok());
}

TEST(Slice, tells_of_a_failure_where_it_happened_and_at_once) {
  PlanBuilder plan;
  Collected rows;
  numbers(plan, {.error_after = 5});
  sorted_sink(plan, rows, {{"numbers"}});
  Slices net(plan.plan(), {0, 1});
  net.run(0).begin();
  while (!net.run(0).error()) std::this_thread::yield();
  EXPECT_THAT(net.run(0).error()->what, HasSubstr("the disk is on fire"));
  net.run(1).begin();
  EXPECT_FALSE(net.run(0).wait().ok());
  EXPECT_TRUE(net.run(1).wait().ok());
}

// As a system stream does.
class UntilOthersEnd final : public Spout {
 public:
  Result<void> open(const TaskContext& task) override {
    view_ = task.system;
    return {};
  }
  Result<Next> next(Emitter&) override { return view_->others_ended() ? Next::end : Next::idle; }
  TimeNs watermark() const override { return time_min; }

 private:
  const SystemView* view_ = nullptr;
};

TEST(Slice, ends_a_system_stream_when_the_spouts_elsewhere_have_ended) {
  PlanBuilder plan;
  Collected rows;
  numbers(plan, {.rounds = 20}, 2);
  plan.spout("system", [] { return std::make_unique<UntilOthersEnd>(); }, {.tasks = 2});
  plan.ends_with_others();
  sorted_sink(plan, rows, {{"numbers"}, {"system"}});
  Slices net(plan.plan(), {0, 0, 1, 2, 1});
  net.run(1).begin();
  net.run(2).begin();
  EXPECT_FALSE(net.run(2).wait_for(std::chrono::milliseconds(10)));
  net.run(0).begin();
  EXPECT_TRUE(net.wait().ok());
  EXPECT_THAT(rows.entries(), SizeIs(160));
}

}  // namespace
}  // namespace dnstorm::runtime::testing
