// What Storm's own integration tests hold it to, by the numbers of docs/storm-compatibility.md:
// whole topologies under a clock that the test turns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "engine/testkit/simulator.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using testkit::SimClock, testkit::Simulator;

// What a feeder has been given and has been told; outlives its spout.
struct Fed {
  std::deque<std::uint64_t> waiting;  // numbers, which are keys and messages, too
  std::vector<std::uint64_t> acked, failed;
};

// Storm's FeederSpout with its trackers: emits what the test feeds, each number a root of its own.
class FeederSpout final : public Spout {
 public:
  explicit FeederSpout(Fed& fed) : fed_(fed) {}
  Result<void> open(const TaskContext&) override { return {}; }
  Result<Next> next(Emitter& out) override {
    if (fed_.waiting.empty()) return Next::idle;
    std::uint64_t number = fed_.waiting.front();
    fed_.waiting.pop_front();
    out.track(number);
    fields_.write(out.row(), {0, number, number});
    return Next::more;
  }
  TimeNs watermark() const override { return time_min; }
  void ack(std::uint64_t message) override { fed_.acked.push_back(message); }
  Failed fail(std::uint64_t message) override {
    fed_.failed.push_back(message);
    return Failed::drop;
  }

 private:
  Fed& fed_;
  RowFields fields_;
};

// A bolt that acks itself, as the test says.
class OwnBolt final : public Bolt {
 public:
  using Act = std::function<void(const InputBatch&, Emitter&)>;
  explicit OwnBolt(Act act) : act_(std::move(act)) {}
  Result<void> prepare(const TaskContext&) override { return {}; }
  bool acks_itself() const override { return true; }
  void execute(const InputBatch& in, Emitter& out) override { act_(in, out); }

 private:
  Act act_;
};

std::uint64_t number_of(const InputBatch& in) { return RowFields().read(in.rows()[0]).seq; }

class Behaviour : public ::testing::Test {
 protected:
  void feed(std::initializer_list<std::uint64_t> numbers) {
    fed.waiting.insert(fed.waiting.end(), numbers);
  }
  void feeder() {
    build.at_least_once(10 * ns_per_s);
    build.spout("feeder", [this] { return std::make_unique<FeederSpout>(fed); });
  }
  void own(const std::string& id, const std::vector<InputSpec>& inputs, OwnBolt::Act act) {
    build.bolt(id, inputs, [act] { return std::make_unique<OwnBolt>(act); });
  }
  Simulator& start() {
    simulator = std::make_unique<Simulator>(build.plan(), 7);
    EXPECT_TRUE(simulator->prepare().ok());
    return *simulator;
  }
  PlanBuilder build;
  Fed fed;
  Collected collected;
  std::unique_ptr<Simulator> simulator;
};

// Counts what it gets and gives the running count: of each key, or of all.
class CounterBolt final : public Bolt {
 public:
  explicit CounterBolt(bool by_key) : by_key_(by_key) {}
  Result<void> prepare(const TaskContext&) override { return {}; }
  void execute(const InputBatch& in, Emitter& out) override {
    for (RowView row : in.rows()) {
      std::uint64_t key = by_key_ ? fields_.read(row).key : 0;
      fields_.write(out.row(), {0, ++counts_[key], key});
    }
  }

 private:
  bool by_key_;
  RowFields fields_;
  std::map<std::uint64_t, std::uint64_t> counts_;
};

TEST_F(Behaviour, A1_word_count_with_global_counts) {
  feeder();
  build.bolt("counter", {{"feeder", GroupingType::fields, {"key"}}},
             [] { return std::make_unique<CounterBolt>(true); }, {.tasks = 4});
  build.bolt("of_counts", {{"counter", GroupingType::global}},
             [] { return std::make_unique<CounterBolt>(false); });
  build.bolt("of_words", {{"feeder", GroupingType::global}},
             [] { return std::make_unique<CounterBolt>(false); });
  build.bolt("sink",
             {{"counter", GroupingType::global},
              {"of_counts", GroupingType::global},
              {"of_words", GroupingType::global}},
             [this] { return std::make_unique<CollectSink>(collected); });
  feed({1, 2, 3, 1});  // nathan, bob, joey, nathan
  start().settle();
  std::multiset<std::pair<std::uint64_t, std::uint64_t>> counts;
  std::vector<std::uint64_t> of_counts, of_words;
  for (const auto& entry : collected.entries()) {
    if (entry.input == 0) counts.emplace(entry.row.key, entry.row.seq);
    if (entry.input == 1) of_counts.push_back(entry.row.seq);
    if (entry.input == 2) of_words.push_back(entry.row.seq);
  }
  using P = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_THAT(counts, UnorderedElementsAre(P{1, 1}, P{1, 2}, P{2, 1}, P{3, 1}));
  EXPECT_THAT(of_counts, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(of_words, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(fed.acked, UnorderedElementsAre(1, 2, 3, 1));
}

TEST_F(Behaviour, A2_all_grouping_reaches_six_tasks_of_three_executors) {
  feeder();
  build.bolt("sink", {{"feeder", GroupingType::all}},
             [this] { return std::make_unique<CollectSink>(collected); },
             {.tasks = 6, .executors = 3});
  feed({1});
  start().settle();
  std::vector<std::uint32_t> tasks;
  for (const auto& entry : collected.entries()) tasks.push_back(entry.task);
  EXPECT_THAT(tasks, UnorderedElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(Behaviour, A3_a_tuple_that_nobody_acks_times_out_between_t_and_2t) {
  feeder();
  own("acker", {{"feeder"}}, [](const InputBatch& in, Emitter& out) {
    if (number_of(in) != 2) out.ack(in.anchor);
  });
  feed({1, 2, 3});
  Simulator& sim = start();
  sim.settle();
  EXPECT_THAT(fed.acked, UnorderedElementsAre(1, 3));
  sim.advance(9 * ns_per_s);
  sim.settle();
  EXPECT_THAT(fed.failed, IsEmpty());
  // The clock goes in steps, as time does: each rotation is due once a period.
  for (int i = 0; i < 12; ++i) {
    sim.advance(ns_per_s);
    sim.settle(300);
  }
  EXPECT_THAT(fed.failed, ElementsAre(2));
}

TEST_F(Behaviour, A4_reset_timeout_keeps_a_tuple_alive) {
  feeder();
  Anchor first;
  own("acker", {{"feeder"}}, [&first](const InputBatch& in, Emitter& out) {
    if (number_of(in) == 1) {
      first = in.anchor;
    } else {
      out.reset_timeout(first);
      if (number_of(in) == 99) out.ack(first);
      if (number_of(in) > 2) out.ack(in.anchor);
    }
  });
  feed({1, 2});
  Simulator& sim = start();
  for (std::uint64_t second = 0; second < 25; ++second) {
    feed({second + 10});
    sim.settle(300);
    sim.advance(ns_per_s);
  }
  sim.settle();
  EXPECT_THAT(fed.failed, ElementsAre(2));
  feed({99});
  sim.settle();
  EXPECT_EQ(std::count(fed.acked.begin(), fed.acked.end(), 1u), 1);
}

TEST_F(Behaviour, A8_a_diamond_acks_when_the_last_piece_is) {
  feeder();
  build.bolt("left", {{"feeder"}}, [] { return std::make_unique<PassBolt>(); });
  build.bolt("right", {{"feeder"}}, [] { return std::make_unique<PassBolt>(); });
  std::vector<Anchor> held;
  own("join", {{"left"}, {"right"}}, [&held](const InputBatch& in, Emitter& out) {
    held.push_back(in.anchor);
    if (held.size() < 4) return;
    for (const Anchor& anchor : held) out.ack(anchor);
    held.clear();
  });
  feed({1});
  Simulator& sim = start();
  sim.settle();
  EXPECT_THAT(fed.acked, IsEmpty());
  feed({2});
  sim.settle();
  EXPECT_THAT(fed.acked, UnorderedElementsAre(1, 2));
}

TEST_F(Behaviour, A14_without_time_outs_nothing_ever_fails) {
  feeder();
  build.at_least_once(0);
  own("forgetful", {{"feeder"}}, [](const InputBatch&, Emitter&) {});
  feed({1});
  Simulator& sim = start();
  for (int i = 0; i < 20; ++i) {
    sim.settle(100);
    sim.advance(1000 * ns_per_s);
  }
  EXPECT_THAT(fed.failed, IsEmpty());
  EXPECT_THAT(fed.acked, IsEmpty());
}

// Storm's acking document: the same tuple given twice as an anchor, and one of several roots.
TEST_F(Behaviour, anchors_may_repeat_and_join_roots) {
  feeder();
  std::vector<Anchor> held;
  own("join", {{"feeder"}}, [&held](const InputBatch& in, Emitter& out) {
    held.push_back(in.anchor);
    if (held.size() < 2) return;
    std::vector<Anchor> all = {held[0], held[0], held[1]};
    out.anchor_to(all);
    RowFields().write(out.row(), {0, 50, 0});
    for (const Anchor& anchor : held) out.ack(anchor);
    held.clear();
  });
  std::vector<Anchor> joined;
  own("last", {{"join"}}, [&joined](const InputBatch& in, Emitter& out) {
    joined.push_back(in.anchor);
    if (joined.size() < 2) return;
    for (const Anchor& anchor : joined) out.ack(anchor);
  });
  feed({1, 2});
  Simulator& sim = start();
  sim.settle();
  EXPECT_THAT(fed.acked, IsEmpty()) << "the joined tuple is under way";
  ASSERT_EQ(joined.size(), 1u);
  EXPECT_EQ(joined[0]->trees.size(), 2u);
  feed({3, 4});
  sim.settle();
  EXPECT_THAT(fed.acked, UnorderedElementsAre(1, 2, 3, 4));
}

TEST_F(Behaviour, a_fail_fails_the_root_at_once_and_late_acks_are_ignored) {
  feeder();
  build.bolt("left", {{"feeder"}}, [] { return std::make_unique<PassBolt>(); });
  own("failing", {{"left"}}, [](const InputBatch& in, Emitter& out) {
    out.fail(in.anchor);
    out.ack(in.anchor);
  });
  feed({1});
  start().settle();
  EXPECT_THAT(fed.failed, ElementsAre(1));
  EXPECT_THAT(fed.acked, IsEmpty());
}

class TickingBolt final : public Bolt {
 public:
  explicit TickingBolt(std::vector<TimeNs>& ticks, const SimClock*& clock)
      : ticks_(ticks), clock_(clock) {}
  Result<void> prepare(const TaskContext&) override { return {}; }
  void execute(const InputBatch&, Emitter&) override {}
  void tick(Emitter& out) override {
    ticks_.push_back(clock_->now);
    RowFields().write(out.row(), {0, ticks_.size(), 0});
  }

 private:
  std::vector<TimeNs>& ticks_;
  const SimClock*& clock_;
};

// As Storm's NGrouping.
class FirstTwo final : public Grouping {
 public:
  void prepare(const GroupingContext& context) override {
    EXPECT_EQ(context.source, "feeder");
    EXPECT_EQ(context.stream, "stream0");
    EXPECT_EQ(context.target, "sink");
    EXPECT_EQ(context.target_tasks, 4u);
    EXPECT_TRUE(context.schema->find("seq"));
  }
  void choose(const RowView&, std::vector<std::uint32_t>& tasks) const override { tasks = {0, 1}; }
};

TEST_F(Behaviour, G7_a_custom_grouping_of_the_first_two_tasks_gives_two_copies) {
  GroupingDef first_two;
  first_two.name = "first_two";
  first_two.make = [](const Options&) { return std::make_unique<FirstTwo>(); };
  feeder();
  build.bolt("sink", {{"feeder", GroupingType::custom, {}, 0, &first_two}},
             [this] { return std::make_unique<CollectSink>(collected); }, {.tasks = 4});
  feed({1, 2, 3});
  start().settle();
  std::vector<std::pair<std::uint32_t, std::uint64_t>> got;
  for (const auto& entry : collected.entries()) got.emplace_back(entry.task, entry.row.seq);
  using P = std::pair<std::uint32_t, std::uint64_t>;
  EXPECT_THAT(got, UnorderedElementsAre(P{0, 1}, P{0, 2}, P{0, 3}, P{1, 1}, P{1, 2}, P{1, 3}));
  EXPECT_THAT(fed.acked, UnorderedElementsAre(1, 2, 3)) << "once both copies are done";
}

TEST_F(Behaviour, S1_one_tick_a_period_and_none_early) {
  feeder();
  std::vector<TimeNs> ticks;
  const SimClock* clock = nullptr;
  build.bolt("ticking", {{"feeder"}}, [&] { return std::make_unique<TickingBolt>(ticks, clock); });
  build.ticks(5 * ns_per_s);
  build.bolt("sink", {{"ticking"}}, [this] { return std::make_unique<CollectSink>(collected); });
  Simulator& sim = start();
  clock = &sim.clock();
  for (int half_seconds = 0; half_seconds < 32; ++half_seconds) {
    sim.settle(20);
    sim.advance(ns_per_s / 2);
  }
  sim.settle();
  ASSERT_EQ(ticks.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_GE(ticks[i], static_cast<TimeNs>(i + 1) * 5 * ns_per_s);
  // What a tick gives leaves with the next round, though no row ever comes.
  EXPECT_EQ(collected.rows().size(), 3u);
}

// A silent source holds up the windows of the others no longer than the time-out.
TEST_F(Behaviour, a_silent_source_is_left_out_of_the_watermark) {
  for (auto [rule, ticks] : {std::pair{false, false}, {true, false}, {true, true}}) {
    PlanBuilder plan;
    Collected seen;
    Fed nothing;
    if (rule) plan.idle_timeout(2 * ns_per_s);
    plan.spout("silent", [&] { return std::make_unique<FeederSpout>(nothing); });
    plan.spout("numbers", [] {
      return std::make_unique<NumberSpout>(NumberSettings{.rounds = 20, .rows_per_batch = 10});
    });
    plan.bolt("windows", {{"silent"}, {"numbers"}},
              [] { return std::make_unique<WindowBolt>(20); });
    if (ticks) plan.ticks(ns_per_s);  // rounds without rows are no sign of life
    plan.bolt("sink", {{"windows"}}, [&] { return std::make_unique<CollectSink>(seen); });
    Simulator sim(plan.plan(), 3);
    ASSERT_TRUE(sim.prepare().ok());
    sim.settle();
    EXPECT_THAT(seen.rows(), IsEmpty());
    sim.advance(3 * ns_per_s);
    sim.settle();
    EXPECT_EQ(seen.rows().empty(), !rule);
  }
}

}  // namespace
}  // namespace dnstorm::runtime::testing
