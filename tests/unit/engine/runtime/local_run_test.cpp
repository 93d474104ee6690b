#include "engine/runtime/local_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <condition_variable>
#include <thread>

#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::SizeIs;

class LocalRunTest : public ::testing::Test {
 protected:
  void spout(NumberSettings settings, ComponentSpec spec = {}) {
    build.spout(
        "numbers", [settings] { return std::make_unique<NumberSpout>(settings); }, spec);
  }
  void pass(const std::string& id, const std::vector<InputSpec>& inputs, ComponentSpec spec = {},
            PassBolt::Settings settings = {}) {
    build.bolt(
        id, inputs, [settings] { return std::make_unique<PassBolt>(settings); }, spec);
  }
  void sink(const std::vector<InputSpec>& inputs, CollectSink::Settings settings = {}) {
    build.bolt("sink", inputs,
               [this, settings] { return std::make_unique<CollectSink>(collected, settings); });
  }
  std::unique_ptr<LocalRun> start() { return LocalRun::start(build.plan(), {}).value(); }

  PlanBuilder build;
  Collected collected;
};

TEST_F(LocalRunTest, counts_words_as_one_task_does) {
  std::vector<std::vector<TestRow>> results;
  for (std::uint32_t tasks : {1u, 2u, 4u}) {
    PlanBuilder plan;
    Collected words;
    plan.spout("numbers", [] {
      return std::make_unique<NumberSpout>(
          NumberSettings{.rounds = 50, .rows_per_batch = 40, .keys = 30});
    });
    plan.bolt("split", {{"numbers"}}, [] { return std::make_unique<PassBolt>(); },
              {.tasks = tasks});
    plan.bolt("count", {{"split", GroupingType::fields, {"name"}}},
              [] { return std::make_unique<WindowBolt>(100); }, {.tasks = tasks});
    plan.bolt("sink", {{"count", GroupingType::global}}, [&] {
      return std::make_unique<CollectSink>(words,
                                           CollectSink::Settings{.sort_between_watermarks = true});
    });
    auto run = LocalRun::start(plan.plan(), {}).value();
    ASSERT_TRUE(run->wait().ok());
    RunStatus status = run->status();
    EXPECT_TRUE(status.finished);
    EXPECT_EQ(status.total("produced"), 2000u);
    EXPECT_EQ(status.total("late"), 0u);
    results.push_back(words.rows());
  }
  std::uint64_t counted = 0;
  for (const TestRow& row : results[0]) counted += row.seq;
  EXPECT_EQ(counted, 2000u);
  EXPECT_EQ(results[1], results[0]);
  EXPECT_EQ(results[2], results[0]);
}

// Executors change again and again while rows flow: nothing is lost, doubled or out of order.
TEST_F(LocalRunTest, a_rebalance_changes_nothing_but_who_works) {
  std::vector<TestRow> expected;
  for (bool moving : {false, true}) {
    PlanBuilder plan;
    Collected words;
    plan.spout("numbers", [] {
      return std::make_unique<NumberSpout>(
          NumberSettings{.rounds = 4000, .rows_per_batch = 20, .keys = 30});
    });
    plan.bolt("split", {{"numbers"}}, [] { return std::make_unique<PassBolt>(); }, {.tasks = 4});
    plan.bolt("count", {{"split", GroupingType::fields, {"name"}}},
              [] { return std::make_unique<WindowBolt>(100); }, {.tasks = 4});
    plan.bolt("sink", {{"count", GroupingType::global}}, [&] {
      return std::make_unique<CollectSink>(words,
                                           CollectSink::Settings{.sort_between_watermarks = true});
    });
    plan.chain();
    auto run = LocalRun::start(plan.plan(), {}).value();
    // So often, and not to the end: with each, all come to rest, and a slow machine gets no
    // further.
    for (std::uint32_t n = 0; moving && n < 100 && !run->status().finished; ++n) {
      ASSERT_TRUE(run->rebalance(n % 2 == 0 ? "split" : "count", 1 + n / 2 % 4).ok());
      ASSERT_THAT(run->status().tasks, SizeIs(10));
    }
    ASSERT_TRUE(run->wait().ok());
    if (!moving)
      expected = words.rows();
    else
      EXPECT_EQ(words.rows(), expected);
  }
}

TEST_F(LocalRunTest, a_rebalance_that_cannot_be_is_refused) {
  spout({.endless = true});
  pass("pass", {{"numbers"}}, {.tasks = 2});
  sink({{"pass"}});
  auto run = start();
  EXPECT_NE(run->rebalance("nobody", 1).error().what.find("no component 'nobody'"),
            std::string::npos);
  EXPECT_NE(run->rebalance("pass", 3).error().what.find("1 to 2 executors, not 3"),
            std::string::npos);
  EXPECT_FALSE(run->rebalance("pass", 0).ok());
  EXPECT_TRUE(run->rebalance("pass", 1).ok());
  run->request_stop();
  EXPECT_TRUE(run->wait().ok());
}

// Submitted inactive: nothing is asked of the spout before it is activated.
TEST_F(LocalRunTest, A10_an_inactive_run_begins_when_it_is_activated) {
  spout({.rounds = 5});
  sink({{"numbers"}});
  auto run = LocalRun::start(build.plan(), {.active = false}).value();
  EXPECT_FALSE(run->wait_for(std::chrono::milliseconds(20)));
  EXPECT_EQ(run->status().total("produced"), 0u);
  run->activate();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_EQ(run->status().total("produced"), 20u);
}

TEST_F(LocalRunTest, status_shows_every_task) {
  spout({.rounds = 5});
  pass("pass", {{"numbers"}}, {.tasks = 2});
  sink({{"pass"}});
  auto run = start();
  ASSERT_TRUE(run->wait().ok());
  RunStatus status = run->status();
  ASSERT_THAT(status.tasks, SizeIs(4));
  EXPECT_EQ(status.tasks[0].component, "numbers");
  EXPECT_EQ(status.tasks[0].emitted, 20u);
  EXPECT_EQ(status.tasks[1].executed + status.tasks[2].executed, 20u);
  EXPECT_EQ(status.tasks[2].index, 1u);
  EXPECT_EQ(status.tasks[3].rounds, 6u);
}

TEST_F(LocalRunTest, an_error_of_a_source_ends_the_run_and_what_it_gave_is_counted) {
  spout({.rounds = 100, .error_after = 7});
  pass("pass", {{"numbers"}}, {.tasks = 3});
  sink({{"pass"}});
  auto run = start();
  auto result = run->wait();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().what, "numbers: the disk is on fire");
  EXPECT_EQ(result.error().kind, ErrorKind::io);
  ASSERT_THAT(run->failures(), SizeIs(1));
  EXPECT_EQ(run->failures()[0].component, "numbers");
  EXPECT_EQ(run->failures()[0].what, result.error().what);
  EXPECT_GT(run->failures()[0].at, 0);
  EXPECT_THAT(collected.rows(), SizeIs(28));
  EXPECT_EQ(collected.finishes(), 1u);
}

TEST_F(LocalRunTest, an_error_of_finish_fails_the_run) {
  spout({.rounds = 3});
  sink({{"numbers"}}, {.finish_error = "two points are not delivered"});
  auto run = start();
  auto result = run->wait();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().what, "sink: two points are not delivered");
  EXPECT_THAT(collected.rows(), SizeIs(12));
}

TEST_F(LocalRunTest, an_error_of_prepare_names_the_component_and_nothing_starts) {
  spout({.rounds = 3});
  sink({{"numbers"}}, {.prepare_error = "no such folder"});
  auto run = LocalRun::start(build.plan(), {});
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().what, "sink: no such folder");
  EXPECT_EQ(run.error().kind, ErrorKind::config);
}

TEST_F(LocalRunTest, an_exception_breaks_the_run_and_does_not_hang_it) {
  spout({.endless = true});
  pass("pass", {{"numbers"}}, {.tasks = 2});
  sink({{"pass"}}, {.exception = "out of luck"});
  auto run = start();
  auto result = run->wait();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().what, "sink: out of luck");
  ASSERT_THAT(run->failures(), SizeIs(1));
  EXPECT_EQ(run->failures()[0].component, "sink");
  EXPECT_EQ(result.error().kind, ErrorKind::internal);
}

TEST_F(LocalRunTest, an_exception_in_prepare_is_an_error) {
  spout({});
  build.bolt("sink", {{"numbers"}}, []() -> std::unique_ptr<Bolt> {
    struct Thrower final : Bolt {
      Result<void> prepare(const TaskContext&) override { throw std::runtime_error("bad luck"); }
      void execute(const InputBatch&, Emitter&) override {}
    };
    return std::make_unique<Thrower>();
  });
  EXPECT_EQ(LocalRun::start(build.plan(), {}).error().what, "sink: bad luck");
}

TEST_F(LocalRunTest, a_stop_drains_what_is_under_way) {
  // The sink reports its first rows; only then the run is stopped.
  std::mutex mutex;
  std::condition_variable seen;
  bool any = false;
  spout({.endless = true}, {.tasks = 2});
  pass("pass", {{"numbers"}}, {.tasks = 2});
  sink({{"pass"}}, {.on_execute = [&] {
         std::lock_guard lock(mutex);
         any = true;
         seen.notify_all();
       }});
  auto run = start();
  {
    std::unique_lock lock(mutex);
    seen.wait(lock, [&] { return any; });
  }
  EXPECT_FALSE(run->status().finished);
  run->request_stop();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_EQ(collected.rows().size(), run->status().total("produced"));
  EXPECT_EQ(collected.finishes(), 1u);
}

TEST_F(LocalRunTest, shows_what_waits_before_a_slow_task_and_who_waits_for_it) {
  std::mutex mutex;
  std::condition_variable opened;
  bool open = false;
  std::atomic<bool> begun = false;
  build.credits(2);
  spout({.endless = true});
  sink({{"numbers"}}, {.on_execute = [&] {
         begun = true;
         std::unique_lock lock(mutex);
         opened.wait(lock, [&] { return open; });
       }});
  auto run = start();
  while (!begun || !run->status().tasks[0].blocked) std::this_thread::yield();
  std::vector<TaskQueue> queues = run->queues();
  ASSERT_THAT(queues, SizeIs(2));
  EXPECT_EQ(queues[1].component, "sink");
  EXPECT_EQ(queues[1].rows, run->status().tasks[0].emitted - 4) << "it has taken one batch";
  ASSERT_THAT(queues[0].blocked_ns, SizeIs(1));
  EXPECT_EQ(queues[0].blocked_ns[0].first, "sink");
  EXPECT_GT(queues[0].blocked_ns[0].second, 0u);
  {
    std::lock_guard lock(mutex);
    open = true;
  }
  opened.notify_all();
  run->request_stop();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_EQ(run->queues()[1].rows, 0u);
}

TEST_F(LocalRunTest, a_run_can_be_dropped_at_any_time) {
  for (int i = 0; i < 20; ++i) {
    PlanBuilder plan;
    plan.spout("numbers",
               [] { return std::make_unique<NumberSpout>(NumberSettings{.endless = true}); });
    plan.bolt("pass", {{"numbers"}}, [] { return std::make_unique<PassBolt>(); }, {.tasks = 3});
    plan.bolt("sink", {{"pass"}}, [this] { return std::make_unique<CollectSink>(collected); });
    auto run = LocalRun::start(plan.plan(), {}).value();
    if (i % 2 == 0) run->request_stop();
  }
}

TEST_F(LocalRunTest, operators_that_block_have_threads_of_their_own) {
  // Each of two bolts waits inside execute() for the other: on the one worker thread they would for
  // ever.
  build.threads(1);
  std::barrier meeting(2);
  spout({.rounds = 20, .blocking = true});
  build.bolt("pair", {{"numbers", GroupingType::all}},
             [&] {
               return std::make_unique<CollectSink>(
                   collected, CollectSink::Settings{.blocking = true, .on_execute = [&] {
                                                      meeting.arrive_and_wait();
                                                    }});
             },
             {.tasks = 2});
  auto run = start();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_THAT(collected.rows(), SizeIs(160));
}

TEST_F(LocalRunTest, a_source_that_waits_is_asked_once_a_round) {
  // What it has given would otherwise wait with it for more.
  build.round_rows(1'000'000);
  spout({.rounds = 3, .blocking = true});
  std::atomic<int> batches = 0;
  sink({{"numbers"}}, {.on_execute = [&] { ++batches; }});
  auto run = start();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_THAT(collected.rows(), SizeIs(12));
  EXPECT_EQ(batches, 3);
}

TEST_F(LocalRunTest, what_a_source_gives_in_the_time_of_a_round_is_one) {
  build.round_rows(1'000'000).round_time(3600 * ns_per_s);
  spout({.rounds = 3, .blocking = true});
  std::atomic<int> batches = 0;
  sink({{"numbers"}}, {.on_execute = [&] { ++batches; }});
  auto run = start();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_THAT(collected.rows(), SizeIs(12));
  EXPECT_EQ(batches, 1);
}

TEST_F(LocalRunTest, a_round_that_gathers_ends_with_its_rows) {
  build.round_rows(8).round_time(3600 * ns_per_s);
  spout({.rounds = 4});
  std::atomic<int> batches = 0;
  sink({{"numbers"}}, {.on_execute = [&] { ++batches; }});
  auto run = start();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_THAT(collected.rows(), SizeIs(16));
  EXPECT_EQ(batches, 2);
}

TEST_F(LocalRunTest, an_idle_source_is_asked_again) {
  spout({.rounds = 6, .idle_every = 2});
  sink({{"numbers"}});
  auto run = start();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_THAT(collected.rows(), SizeIs(24));
}

TEST_F(LocalRunTest, a_plan_of_a_source_alone_runs) {
  spout({.rounds = 3});
  auto run = start();
  EXPECT_TRUE(run->wait().ok());
}

// A sink that is slower than its source: it works off a round only when the source has come to a
// standstill, or has ended. So many rounds as there are credits are under way then, and no more.
TEST_F(LocalRunTest, a_slow_reader_stops_the_source) {
  constexpr std::uint64_t credits = 4;
  constexpr std::uint64_t rounds = 40;
  std::atomic<std::uint64_t> given{0};
  std::atomic<std::uint64_t> worked{0};
  std::atomic<std::uint64_t> ahead_max{0};
  class CountingSpout final : public Spout {
   public:
    explicit CountingSpout(std::atomic<std::uint64_t>& given) : given_(given) {}
    Result<void> open(const TaskContext&) override { return {}; }
    Result<Next> next(Emitter& out) override {
      if (given_ == rounds) return Next::end;
      RowFields().write(out.row(), {});
      ++given_;
      return Next::more;
    }
    TimeNs watermark() const override { return static_cast<TimeNs>(given_.load()); }

   private:
    std::atomic<std::uint64_t>& given_;
  };
  build.credits(credits);
  build.spout("numbers", [&] { return std::make_unique<CountingSpout>(given); });
  sink({{"numbers"}}, {.blocking = true, .on_execute = [&] {
                         std::uint64_t done = worked;
                         // As far ahead as the source may be: waits until it is there.
                         std::uint64_t reach =
                             std::min(rounds, done / (credits / 4) * (credits / 4) + credits);
                         while (given < reach) std::this_thread::yield();
                         ahead_max = std::max(ahead_max.load(), given - done);
                         ++worked;
                       }});
  auto run = start();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_EQ(worked, rounds);
  EXPECT_EQ(ahead_max, credits);
}

}  // namespace
}  // namespace dnstorm::runtime::testing
