#include "engine/runtime/task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testkit/simulator.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testkit::SimClock, testkit::Simulator;
using Progress = Task::Progress;

// One task of a plan, with its events and credits caught.
struct Bench {
  explicit Bench(const plan::Plan& plan) : wiring(wire(plan)) {
    setup.plan = &plan;
    setup.wiring = &wiring;
    setup.clock = &clock;
    setup.send.event = [this](Event event) { events.push_back(std::move(event)); };
    setup.send.credit = [this](const Credit& credit) { credits.push_back(credit); };
  }
  Wiring wiring;
  SimClock clock;
  TaskSetup setup;
  std::vector<Event> events;
  std::vector<Credit> credits;
};

// Writes down what it is called with.
class ScriptBolt final : public Bolt {
 public:
  explicit ScriptBolt(std::vector<std::string>& calls) : calls_(calls) {}
  Result<void> prepare(const TaskContext&) override { return {}; }
  void execute(const InputBatch& in, Emitter& out) override {
    calls_.push_back(fmt::format("execute {} of input {}", in.rows().size(), in.input));
    out.forward(0, in.batch, in.selection);
  }
  void watermark(TimeNs now, Emitter&) override {
    calls_.push_back(now == time_max ? "watermark max" : fmt::format("watermark {}", now));
  }
  Result<void> finish(Emitter& out) override {
    calls_.push_back("finish");
    RowFields().write(out.row(), {0, 99, 0});
    return {};
  }

 private:
  std::vector<std::string>& calls_;
};

Event arriving(EdgeIndex edge, std::uint32_t origin, std::uint64_t round, TimeNs watermark,
               std::uint64_t rows = 0) {
  Event event;
  event.edge = edge;
  event.origin = origin;
  event.round = round;
  event.closes = true;
  event.watermark = watermark;
  if (rows != 0) event.batch = make_batch(std::vector<TestRow>(rows));
  return event;
}
Event ending(EdgeIndex edge, std::uint32_t origin, std::uint64_t round) {
  Event event = arriving(edge, origin, round, time_max);
  event.last = true;
  return event;
}

auto no_spout = [] { return std::unique_ptr<Spout>(); };

TEST(SpoutTask, a_call_of_next_is_a_round_and_the_end_is_the_last_one) {
  PlanBuilder build;
  Collected collected;
  build.spout("s", [] { return std::make_unique<NumberSpout>(NumberSettings{.rounds = 2}); });
  build.bolt("b", {{"s"}}, [&] { return std::make_unique<CollectSink>(collected); });
  Bench bench(build.plan());
  SpoutTask task(bench.setup, 0);
  ASSERT_TRUE(task.prepare().ok());
  EXPECT_EQ(*task.run_one(), Progress::worked);
  EXPECT_EQ(*task.run_one(), Progress::worked);
  EXPECT_EQ(*task.run_one(), Progress::worked);
  EXPECT_EQ(*task.run_one(), Progress::finished);
  ASSERT_THAT(bench.events, SizeIs(3));
  EXPECT_EQ(bench.events[0].watermark, 4);
  EXPECT_EQ(bench.events[1].round, 1u);
  EXPECT_FALSE(bench.events[1].last);
  EXPECT_TRUE(bench.events[2].last);
  EXPECT_EQ(bench.events[2].watermark, time_max);
  EXPECT_EQ(task.stats().emitted.value(), 8u);
  EXPECT_EQ(task.stats().rounds.value(), 3u);
}

TEST(SpoutTask, is_not_asked_while_a_reader_has_no_room) {
  PlanBuilder build;
  Collected collected;
  build.credits(2);
  build.spout("s", [] { return std::make_unique<NumberSpout>(NumberSettings{.endless = true}); });
  build.bolt("b", {{"s"}}, [&] { return std::make_unique<CollectSink>(collected); });
  Bench bench(build.plan());
  SpoutTask task(bench.setup, 0);
  ASSERT_TRUE(task.prepare().ok());
  (void)task.run_one();
  (void)task.run_one();
  EXPECT_EQ(*task.run_one(), Progress::blocked);
  task.request_stop();
  EXPECT_EQ(*task.run_one(), Progress::blocked) << "the end needs room too";
  task.credit({0, 0, 0, 1});
  EXPECT_EQ(*task.run_one(), Progress::worked);
  EXPECT_TRUE(bench.events.back().last);
  EXPECT_EQ(*task.run_one(), Progress::finished);
}

TEST(SpoutTask, remembers_for_whose_room_it_has_waited) {
  PlanBuilder build;
  Collected collected;
  build.credits(1);
  build.spout("s", [] { return std::make_unique<NumberSpout>(NumberSettings{.endless = true}); });
  for (const char* id : {"b", "c"})
    build.bolt(id, {{"s"}}, [&] { return std::make_unique<CollectSink>(collected); });
  Bench bench(build.plan());
  SpoutTask task(bench.setup, 0);
  ASSERT_TRUE(task.prepare().ok());
  (void)task.run_one();
  task.note(*task.run_one());
  bench.clock.now += 5;
  task.credit({0, 0, 0, 1});  // now the other one is waited for, and it is still one wait
  task.note(*task.run_one());
  bench.clock.now += 3;
  task.credit({0, 1, 0, 1});
  task.note(*task.run_one());
  EXPECT_EQ(task.stats().blocked_ns.value(), 8u);
  EXPECT_EQ(task.stats().blocked_ns_by_edge[0].value(), 5u);
  EXPECT_EQ(task.stats().blocked_ns_by_edge[1].value(), 3u);
}

TEST(SpoutTask, nothing_new_is_no_round) {
  PlanBuilder build;
  build.spout("s", [] { return std::make_unique<NumberSpout>(NumberSettings{.idle_every = 1}); });
  Bench bench(build.plan());
  SpoutTask task(bench.setup, 0);
  ASSERT_TRUE(task.prepare().ok());
  (void)task.run_one();  // the watermark of a source that has begun is news once
  EXPECT_EQ(*task.run_one(), Progress::idle);
  EXPECT_EQ(task.stats().rounds.value(), 1u);
}

TEST(SpoutTask, an_error_ends_the_stream_and_keeps_what_was_emitted) {
  PlanBuilder build;
  Collected collected;
  build.spout("s", [] { return std::make_unique<NumberSpout>(NumberSettings{.error_after = 1}); });
  build.bolt("b", {{"s"}}, [&] { return std::make_unique<CollectSink>(collected); });
  Bench bench(build.plan());
  SpoutTask task(bench.setup, 0);
  ASSERT_TRUE(task.prepare().ok());
  EXPECT_TRUE(task.run_one().ok());
  auto failed = task.run_one();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().what, "the disk is on fire");
  EXPECT_EQ(*task.run_one(), Progress::finished);
  EXPECT_EQ(bench.events[0].row_count(), 4u);
  EXPECT_TRUE(bench.events[1].last);
}

struct BoltBench {
  explicit BoltBench(std::uint32_t spout_tasks, std::uint32_t credits = 16) {
    build.credits(credits);
    build.spout("s", no_spout, {.tasks = spout_tasks});
    build.bolt("b", {{"s"}}, [this] { return std::make_unique<ScriptBolt>(calls); });
    build.bolt("sink", {{"b"}}, [this] { return std::make_unique<CollectSink>(collected); });
    bench.emplace(build.plan());
    task = std::make_unique<BoltTask>(bench->setup, spout_tasks);
    EXPECT_TRUE(task->prepare().ok());
  }
  Progress run() {
    Progress progress = Progress::worked;
    while (progress == Progress::worked) progress = *task->run_one();
    return progress;
  }
  PlanBuilder build;
  Collected collected;
  std::vector<std::string> calls;
  std::optional<Bench> bench;
  std::unique_ptr<BoltTask> task;
};

TEST(BoltTask, sees_rows_then_the_watermark_then_the_end) {
  BoltBench b(1);
  b.task->push(arriving(0, 0, 0, 10, 3));
  b.task->push(arriving(0, 0, 1, 10));
  b.task->push(arriving(0, 0, 2, 20, 1));
  EXPECT_EQ(b.run(), Progress::idle);
  EXPECT_THAT(b.calls, ElementsAre("execute 3 of input 0", "watermark 10", "execute 1 of input 0",
                                   "watermark 20"));
  b.calls.clear();
  b.task->push(ending(0, 0, 3));
  EXPECT_EQ(b.run(), Progress::finished);
  EXPECT_THAT(b.calls, ElementsAre("watermark max", "finish"));
  const Event& end = b.bench->events.back();
  EXPECT_TRUE(end.last);
  EXPECT_EQ(read_rows(end.batch, end.selection)[0].seq, 99u)
      << "rows of finish() come in the last round";
  EXPECT_EQ(b.task->stats().executed.value(), 4u);
  EXPECT_EQ(b.task->rows_received(0), 4u);
}

TEST(BoltTask, is_blocked_and_not_idle_while_its_readers_have_no_room) {
  constexpr std::uint64_t credits = 2;
  BoltBench b(1, credits);
  for (std::uint64_t round = 0; round <= credits; ++round)
    b.task->push(arriving(0, 0, round, 10, 1));
  b.task->note(b.run());
  b.bench->clock.now += 7;
  b.task->credit({0, 0, 0, 1});
  b.task->note(b.run());
  EXPECT_EQ(b.task->stats().executed.value(), credits + 1);
  EXPECT_EQ(b.task->stats().blocked_ns.value(), 7u);
  EXPECT_EQ(b.task->stats().blocked_ns_by_edge[0].value(), 7u);
  b.bench->clock.now += 2;
  b.task->push(arriving(0, 0, credits + 1, 10, 1));
  b.task->note(b.run());
  EXPECT_EQ(b.task->stats().blocked_ns.value(), 7u) << "nothing was there: it was idle";
}

TEST(BoltTask, passes_rounds_and_watermarks_of_each_origin_on) {
  BoltBench b(2);
  b.task->push(arriving(0, 0, 0, 30));
  b.task->push(arriving(1, 1, 0, 10));
  b.run();
  ASSERT_THAT(b.bench->events, SizeIs(2));
  EXPECT_EQ(b.bench->events[0].origin, 0u);
  EXPECT_EQ(b.bench->events[0].watermark, 30);
  EXPECT_EQ(b.bench->events[1].origin, 1u);
  EXPECT_EQ(b.bench->events[1].watermark, 10);
}

TEST(BoltTask, the_watermark_is_the_least_of_the_origins) {
  BoltBench b(2);
  b.task->push(arriving(0, 0, 0, 30));
  b.run();
  EXPECT_THAT(b.calls, IsEmpty());
  b.task->push(arriving(1, 1, 0, 10));
  b.task->push(arriving(1, 1, 1, 50));
  b.run();
  EXPECT_THAT(b.calls, ElementsAre("watermark 10", "watermark 30"));
}

TEST(BoltTask, finishes_once_after_the_last_origin) {
  BoltBench b(2);
  b.task->push(ending(1, 1, 0));
  b.task->push(arriving(0, 0, 0, 5));
  EXPECT_EQ(b.run(), Progress::idle);
  EXPECT_THAT(b.calls, ElementsAre("watermark 5"));
  b.task->push(ending(0, 0, 1));
  EXPECT_EQ(b.run(), Progress::finished);
  EXPECT_THAT(b.calls, ElementsAre("watermark 5", "watermark max", "finish"));
}

TEST(BoltTask, returns_credit_every_quarter_of_the_window) {
  BoltBench b(1, 8);
  for (std::uint64_t round = 0; round < 5; ++round)
    b.task->push(arriving(0, 0, round, time_min, 1));
  b.run();
  ASSERT_THAT(b.bench->credits, SizeIs(2));
  EXPECT_EQ(b.bench->credits[0].rounds, 2u);
  EXPECT_EQ(b.bench->credits[1].rounds, 4u);
  EXPECT_EQ(b.bench->credits[1].to, 0u);
}

TEST(BoltTask, returns_credit_to_the_sender_in_its_own_numbers) {
  BoltBench b(3, 1);
  b.task->push(arriving(2, 2, 0, time_min));
  b.run();
  ASSERT_THAT(b.bench->credits, SizeIs(1));
  EXPECT_EQ(b.bench->credits[0].to, 2u);
  EXPECT_EQ(b.bench->credits[0].slot, 0u) << "a spout knows one origin, its own";
}

TEST(BoltTask, begins_no_round_while_its_reader_has_no_room_but_ends_the_one_begun) {
  BoltBench b(1, 1);
  Event part = arriving(0, 0, 0, 0, 1);
  part.closes = false;
  for (int i = 0; i < 5; ++i) b.task->push(part);
  b.task->push(arriving(0, 0, 0, time_min, 1));
  b.task->push(arriving(0, 0, 1, time_min, 1));
  b.run();
  EXPECT_THAT(b.calls, SizeIs(6));
  EXPECT_THAT(b.bench->events, SizeIs(6));
  b.task->credit({1, 0, 0, 1});
  b.run();
  EXPECT_THAT(b.calls, SizeIs(7));
}

// Half a round of one origin, then a round of another: rows must stay with their own round, or a
// reader could see the end of the round, and its watermark, before them.
TEST(BoltTask, rows_of_an_open_round_do_not_slip_into_another_origins) {
  PlanBuilder build;
  Collected collected;
  build.spout("s", no_spout, {.tasks = 2});
  build.bolt("b", {{"s"}}, [] { return std::make_unique<PassBolt>(); });
  build.bolt("sink", {{"b"}}, [&] { return std::make_unique<CollectSink>(collected); });
  Bench bench(build.plan());
  BoltTask task(bench.setup, 2);
  ASSERT_TRUE(task.prepare().ok());
  Event half = arriving(0, 0, 0, 0, 3);
  half.closes = false;
  task.push(half);
  (void)task.run_one();
  task.push(arriving(1, 1, 0, 8, 2));
  (void)task.run_one();
  task.push(arriving(0, 0, 0, 7));
  (void)task.run_one();
  std::map<std::uint32_t, std::uint32_t> rows_of_origin;
  for (const Event& event : bench.events) rows_of_origin[event.origin] += event.row_count();
  EXPECT_THAT(rows_of_origin, ElementsAre(std::pair{0u, 3u}, std::pair{1u, 2u}));
}

TEST(Executor, runs_all_its_tasks) {
  PlanBuilder build;
  Collected collected;
  build.spout("s", [] { return std::make_unique<NumberSpout>(NumberSettings{.rounds = 7}); },
              {.tasks = 3, .executors = 1});
  build.bolt("b", {{"s", GroupingType::fields, {"key"}}},
             [] { return std::make_unique<PassBolt>(); }, {.tasks = 4, .executors = 2});
  build.bolt("sink", {{"b"}}, [&] { return std::make_unique<CollectSink>(collected); },
             {.tasks = 2, .executors = 1});
  Simulator simulator(build.plan(), 1);
  ASSERT_TRUE(simulator.prepare().ok());
  simulator.run();
  EXPECT_TRUE(simulator.finished());
  EXPECT_EQ(simulator.conservation(), "");
  EXPECT_THAT(collected.rows(), SizeIs(3 * 7 * 4));
  EXPECT_EQ(collected.finishes(), 2u);
}

TEST(Executor, an_error_of_one_task_leaves_the_others_at_work) {
  PlanBuilder build;
  Collected collected;
  std::uint64_t made = 0;
  build.spout("s",
              [&] {
                std::uint64_t error_after = made++ == 0 ? 2 : 1000;
                return std::make_unique<NumberSpout>(
                    NumberSettings{.rounds = 7, .error_after = error_after});
              },
              {.tasks = 2, .executors = 1});
  build.bolt("sink", {{"s"}}, [&] { return std::make_unique<CollectSink>(collected); });
  Simulator simulator(build.plan(), 1);
  ASSERT_TRUE(simulator.prepare().ok());
  simulator.run();
  EXPECT_TRUE(simulator.finished());
  ASSERT_THAT(simulator.errors(), SizeIs(1));
  EXPECT_EQ(simulator.errors()[0].what, "s: the disk is on fire");
  EXPECT_THAT(collected.rows(), SizeIs((2 + 7) * 4));
}

TEST(Executor, names_the_component_that_could_not_be_prepared) {
  PlanBuilder build;
  Collected collected;
  build.spout("s", [] { return std::make_unique<NumberSpout>(NumberSettings{}); });
  build.bolt("sink", {{"s"}}, [&] {
    return std::make_unique<CollectSink>(collected,
                                         CollectSink::Settings{.prepare_error = "no table"});
  });
  Simulator simulator(build.plan(), 1);
  EXPECT_EQ(simulator.prepare().error().what, "sink: no table");
}

TEST(Executor, a_stop_ends_sources_and_drains_the_rest) {
  PlanBuilder build;
  Collected collected;
  build.spout("s", [] { return std::make_unique<NumberSpout>(NumberSettings{.endless = true}); },
              {.tasks = 2});
  build.bolt("sink", {{"s"}}, [&] { return std::make_unique<CollectSink>(collected); });
  Simulator simulator(build.plan(), 3);
  ASSERT_TRUE(simulator.prepare().ok());
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(simulator.step());
  EXPECT_FALSE(simulator.finished());
  simulator.request_stop();
  simulator.run();
  EXPECT_TRUE(simulator.finished());
  EXPECT_EQ(simulator.conservation(), "");
  EXPECT_EQ(collected.rows().size(), simulator.total("produced"));
}

}  // namespace
}  // namespace dnstorm::runtime::testing
