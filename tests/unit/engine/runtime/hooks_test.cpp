// Hooks of tasks and of the process, and what tasks are told of the run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/api/system_view.hpp"
#include "engine/runtime/local_run.hpp"
#include "engine/testkit/simulator.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::ElementsAre;

// What all hooks of a run have seen, by component.
struct Seen {
  std::mutex mutex;
  std::map<std::string, std::map<std::string, std::uint64_t>> by_component;
  void add(const std::string& component, const std::string& what, std::uint64_t n) {
    std::lock_guard lock(mutex);
    by_component[component][what] += n;
  }
};

class Watch final : public TaskHook {
 public:
  explicit Watch(Seen& seen) : seen_(seen) {}
  void prepare(const TaskContext& task) override {
    who_ = task.component;
    add("prepared", 1);
  }
  void cleanup() override { add("cleaned up", 1); }
  void emitted(const Rows& rows) override { add("emitted", rows.rows); }
  void executed(const Rows& rows, DurationNs took) override {
    add("executed", rows.rows);
    if (took < 0) add("time went back", 1);
  }
  void bolt_acked(std::size_t pieces) override { add("acked", pieces); }
  void bolt_failed(std::size_t pieces) override { add("failed", pieces); }
  void spout_acked(std::uint64_t) override { add("roots acked", 1); }
  void spout_failed(std::uint64_t) override { add("roots failed", 1); }

 private:
  void add(const char* what, std::uint64_t n) { seen_.add(who_, what, n); }
  Seen& seen_;
  std::string who_;
};

class HooksTest : public ::testing::Test {
 protected:
  HooksTest() {
    watch.name = "watch";
    watch.make = [this] { return std::make_unique<Watch>(seen); };
  }
  void build_line() {
    build.spout("numbers", [] {
      return std::make_unique<NumberSpout>(NumberSettings{.rounds = 10, .rows_per_batch = 4});
    });
    build.bolt("pass", {{"numbers"}}, [] { return std::make_unique<PassBolt>(); }, {.tasks = 3});
    build.bolt("sink", {{"pass", GroupingType::global}},
               [this] { return std::make_unique<CollectSink>(collected); });
  }
  std::uint64_t seen_of(const std::string& component, const std::string& what) {
    return seen.by_component[component][what];
  }

  Seen seen;
  TaskHookDef watch;
  PlanBuilder build;
  Collected collected;
};

TEST_F(HooksTest, see_what_every_task_emits_and_works_off) {
  build_line();
  build.at_least_once(0).hooks({&watch});
  auto run = LocalRun::start(build.plan(), {}).value();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_EQ(collected.rows().size(), 40u);
  EXPECT_EQ(seen_of("numbers", "emitted"), 40u);
  EXPECT_EQ(seen_of("pass", "executed"), 40u);
  EXPECT_EQ(seen_of("pass", "emitted"), 40u);
  EXPECT_EQ(seen_of("sink", "executed"), 40u);
  EXPECT_EQ(seen_of("pass", "acked"), 10u) << "a batch is a piece";
  EXPECT_EQ(seen_of("numbers", "roots acked"), 10u);
  EXPECT_EQ(seen_of("pass", "failed"), 0u);
  EXPECT_EQ(seen_of("pass", "time went back"), 0u);
  for (const char* component : {"numbers", "sink"}) {
    EXPECT_EQ(seen_of(component, "prepared"), 1u);
    EXPECT_EQ(seen_of(component, "cleaned up"), 1u);
  }
  EXPECT_EQ(seen_of("pass", "prepared"), 3u);
  EXPECT_EQ(seen_of("pass", "cleaned up"), 3u);
}

TEST_F(HooksTest, go_with_their_tasks_when_executors_move) {
  build_line();
  build.hooks({&watch, &watch});
  auto run = LocalRun::start(build.plan(), {}).value();
  ASSERT_TRUE(run->rebalance("pass", 1).ok());
  ASSERT_TRUE(run->wait().ok());
  EXPECT_EQ(seen_of("pass", "executed"), 80u) << "each of two";
  EXPECT_EQ(seen_of("pass", "prepared"), 6u);
}

// Says when it starts and stops, and publishes a number.
class Publisher final : public WorkerHook {
 public:
  Publisher(std::vector<std::string>& log, std::string name, bool fails)
      : log_(log), name_(std::move(name)), fails_(fails) {}
  Result<void> start(const WorkerContext& worker) override {
    log_.push_back("start " + name_);
    if (fails_) return Error{ErrorKind::unavailable, "nobody is there", {}};
    worker.resources->publish(name_, std::make_shared<const std::uint64_t>(42));
    return {};
  }
  void shutdown() override { log_.push_back("stop " + name_); }

 private:
  std::vector<std::string>& log_;
  std::string name_;
  bool fails_;
};

WorkerHookDef publisher(std::vector<std::string>& log, const std::string& name,
                        bool fails = false) {
  WorkerHookDef def;
  def.name = name;
  def.make = [&log, name, fails](const Options&) {
    return std::make_unique<Publisher>(log, name, fails);
  };
  return def;
}

// Looks for what has been published.
class FinderBolt final : public Bolt {
 public:
  explicit FinderBolt(std::vector<std::string>& log) : log_(log) {}
  Result<void> prepare(const TaskContext& task) override {
    log_.push_back("prepare");
    auto found = task.resources->find<const std::uint64_t>("first");
    EXPECT_TRUE(found && *found == 42);
    EXPECT_EQ(task.resources->find<const std::string>("first"), nullptr) << "of another type";
    EXPECT_EQ(task.resources->find<const std::uint64_t>("nothing"), nullptr);
    return {};
  }
  void execute(const InputBatch&, Emitter&) override {}

 private:
  std::vector<std::string>& log_;
};

TEST_F(HooksTest, A13_tasks_find_what_a_worker_hook_has_published) {
  std::vector<std::string> log;
  WorkerHookDef first = publisher(log, "first"), second = publisher(log, "second");
  build.spout("numbers", [] { return std::make_unique<NumberSpout>(NumberSettings{.rounds = 1}); });
  build.bolt("finder", {{"numbers"}}, [&log] { return std::make_unique<FinderBolt>(log); });
  build.worker_hook("first", first).worker_hook("second", second);
  {
    auto run = LocalRun::start(build.plan(), {}).value();
    ASSERT_TRUE(run->wait().ok());
  }
  EXPECT_THAT(log,
              ElementsAre("start first", "start second", "prepare", "stop second", "stop first"));
}

TEST_F(HooksTest, tasks_find_what_the_process_gives_them_beside_what_hooks_publish) {
  for (bool with_hook : {false, true}) {
    std::vector<std::string> log;
    WorkerHookDef hook = publisher(log, "second");
    PlanBuilder topology;
    topology.spout("numbers",
                   [] { return std::make_unique<NumberSpout>(NumberSettings{.rounds = 1}); });
    topology.bolt("finder", {{"numbers"}}, [&log] { return std::make_unique<FinderBolt>(log); });
    if (with_hook) topology.worker_hook("second", hook);
    RunOptions options;
    options.resources = std::make_shared<Resources>();
    options.resources->publish("first", std::make_shared<const std::uint64_t>(42));
    auto run = LocalRun::start(topology.plan(), options).value();
    ASSERT_TRUE(run->wait().ok());
    EXPECT_EQ(options.resources->find<const std::uint64_t>("second") != nullptr, with_hook);
  }
}

TEST_F(HooksTest, a_worker_hook_that_fails_keeps_the_topology_from_starting) {
  std::vector<std::string> log;
  WorkerHookDef first = publisher(log, "first"), second = publisher(log, "second", true);
  build_line();
  build.worker_hook("first", first).worker_hook("second", second);
  auto run = LocalRun::start(build.plan(), {});
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().what, "second: nobody is there");
  EXPECT_THAT(log, ElementsAre("start first", "start second", "stop first"));
}

// Ends when the others have; counts what it is told of a component once a second.
class LookSpout final : public Spout {
 public:
  explicit LookSpout(std::vector<std::uint64_t>& told) : told_(told) {}
  Result<void> open(const TaskContext& task) override {
    task_ = &task;
    next_ = task.clock->steady_ns() + 5 * ns_per_s;
    return {};
  }
  Result<Next> next(Emitter&) override {
    if (task_->clock->steady_ns() >= next_) {
      next_ += 5 * ns_per_s;
      std::uint64_t executed = 0;
      EXPECT_TRUE(task_->system->metrics([&](const TaskMetric& metric) {
        if (metric.component == "sink" && metric.name == "executed") executed += metric.value;
      }));
      told_.push_back(executed);
    }
    return task_->system->others_ended() ? Next::end : Next::idle;
  }
  TimeNs watermark() const override { return time_max; }

 private:
  std::vector<std::uint64_t>& told_;
  const TaskContext* task_ = nullptr;
  TimeNs next_ = 0;
};

// Emits a row for each number that the test allows, and ends when it says so.
class GateSpout final : public Spout {
 public:
  struct Gate {
    std::uint64_t allowed = 0;
    bool open = true;
  };
  explicit GateSpout(Gate& gate) : gate_(gate) {}
  Result<void> open(const TaskContext&) override { return {}; }
  Result<Next> next(Emitter& out) override {
    if (given_ == gate_.allowed) return gate_.open ? Next::idle : Next::end;
    fields_.write(out.row(), {0, ++given_, given_});
    return Next::more;
  }
  TimeNs watermark() const override { return time_min; }

 private:
  Gate& gate_;
  std::uint64_t given_ = 0;
  RowFields fields_;
};

TEST_F(HooksTest, S10_numbers_of_a_bolt_are_told_in_periods_of_five_seconds) {
  GateSpout::Gate gate;
  std::vector<std::uint64_t> told;
  build.spout("gate", [&gate] { return std::make_unique<GateSpout>(gate); });
  build.spout("look", [&told] { return std::make_unique<LookSpout>(told); });
  build.ends_with_others();
  build.bolt("sink", {{"gate"}}, [this] { return std::make_unique<CollectSink>(collected); },
             {.tasks = 2});
  testkit::Simulator sim(build.plan(), 3);
  ASSERT_TRUE(sim.prepare().ok());
  auto pass = [&sim](int seconds) {
    for (int s = 0; s < seconds; ++s) {
      sim.settle(500);
      sim.advance(ns_per_s);
    }
    sim.settle(500);
  };
  gate.allowed = 1;
  pass(6);
  EXPECT_GE(told.size(), 1u);
  pass(5);
  EXPECT_GE(told.size(), 2u);
  pass(20);
  EXPECT_GE(told.size(), 6u);
  EXPECT_EQ(told.back(), 1u);
  gate.allowed = 3;
  pass(5);
  EXPECT_EQ(told.back(), 3u);
  gate.open = false;
  sim.run();
  EXPECT_TRUE(sim.finished()) << "what only looks has ended with the others";
}

TEST_F(HooksTest, A6_a_stream_on_which_nothing_comes_does_no_harm) {
  build.spout(
      "numbers",
      [] {
        return std::make_unique<NumberSpout>(NumberSettings{.rounds = 20, .rows_per_batch = 3});
      },
      {.streams = 2});
  build.bolt("pass", {{"numbers"}, {"numbers", GroupingType::global, {}, 1}},
             [] { return std::make_unique<PassBolt>(); }, {.tasks = 2});
  build.bolt("sink", {{"pass", GroupingType::global}},
             [this] { return std::make_unique<CollectSink>(collected); });
  auto run = LocalRun::start(build.plan(), {}).value();
  ASSERT_TRUE(run->wait().ok());
  EXPECT_EQ(collected.rows().size(), 60u);
}

}  // namespace
}  // namespace dnstorm::runtime::testing
