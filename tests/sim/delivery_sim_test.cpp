// Seeded simulation of delivery: a run that is killed and resumed gives what it would have given
// undisturbed; with tracking, nothing is lost whatever bolts do with it.
#include <gtest/gtest.h>

#include <set>

#include "engine/runtime/resume.hpp"
#include "engine/testkit/simulator.hpp"
#include "tests/sim/cases.hpp"

namespace dnstorm::runtime::testing {
namespace {

using testkit::Simulator;
constexpr Scale scales[] = {{1, 1}, {2, 2}, {4, 4}, {4, 2}, {3, 3}};

// --- exactly-once: kill and resume ---------------------------------------------------------------

class Resume : public ::testing::TestWithParam<Case> {
 protected:
  struct Life {  // what outlives a process: what the sink has written, and the checkpoints
    Collected collected;
    std::optional<delivery::Checkpoint> checkpoint;
    delivery::TaskLayout layout;  // of the checkpoint
    std::uint64_t moves = 0;
  };
  // One process: from the newest checkpoint, until it ends or has made `moves`. True: it has ended.
  static bool live(const Case& shape, Scale scale, std::uint64_t seed, std::uint64_t moves,
                   Life& life) {
    PlanBuilder build;
    shape.build(build, scale);
    bool by_round = shape.canon == Canon::by_round;
    build.bolt("sink", shape.sink_inputs, [&] {
      return std::make_unique<CollectSink>(
          life.collected, CollectSink::Settings{.sort_between_watermarks = by_round});
    });
    build.exactly_once(static_cast<DurationNs>(1 + seed % 7) * 50 * ns_per_us);
    if (seed % 3 == 0) build.chain();
    if (seed / 2 % 2 == 1) build.load_shuffles();
    if (life.checkpoint) {
      auto fitting = fit_to_tasks(std::move(*life.checkpoint), life.layout, build.plan());
      EXPECT_TRUE(fitting.ok()) << fitting.error().what;
      life.checkpoint = std::move(*fitting);
    }
    life.layout = layout_of(build.plan());
    Simulator simulator(
        build.plan(), seed ^ moves,
        {.faulty = seed % 4 == 1, .resume = life.checkpoint ? &*life.checkpoint : nullptr});
    if (!life.checkpoint) life.collected.truncate(0);
    EXPECT_TRUE(simulator.prepare().ok());
    bool moved = true;
    for (; moved && moves != 0; --moves, ++life.moves) moved = simulator.step();
    if (simulator.checkpoint()) life.checkpoint = simulator.checkpoint();
    EXPECT_TRUE(moved || simulator.finished()) << "deadlock: --seed " << seed;
    return simulator.finished();
  }

  // Of every seed: killed up to five times. `rescaled`: each life has other numbers of tasks.
  void check(bool rescaled);
};

void Resume::check(bool rescaled) {
  const Case& shape = GetParam();
  constexpr std::uint64_t no_end = ~std::uint64_t{0};
  auto sorted = [&](std::vector<Collected::Entry> rows) {
    if (shape.canon == Canon::as_a_whole) std::sort(rows.begin(), rows.end());
    return rows;
  };
  Life undisturbed;
  ASSERT_TRUE(live(shape, {1, 1}, 0, no_end, undisturbed));
  auto expected = sorted(undisturbed.collected.entries());
  std::uint64_t length = undisturbed.moves * 3;  // more tasks make more moves
  std::uint64_t resumed = 0;
  for (std::uint64_t seed = seeds().first; seed < seeds().end; ++seed) {
    std::mt19937_64 random(seed);
    Scale scale = scales[seed % std::size(scales)];
    Life life;
    int lives = 0;
    while (!live(shape, scale, seed, lives < 5 ? random() % length : no_end, life)) {
      ++lives;
      if (life.checkpoint) ++resumed;
      if (rescaled) scale = scales[random() % std::size(scales)];
      ASSERT_LT(lives, 7) << "--seed " << seed;
    }
    ASSERT_TRUE(sorted(life.collected.entries()) == expected) << "--seed " << seed;
  }
  EXPECT_TRUE(resumed > 0 || seeds().end - seeds().first < 20) << "none went on from a checkpoint";
}

TEST_P(Resume, gives_what_an_undisturbed_run_gives) { check(false); }

TEST_P(Resume, gives_the_same_with_other_numbers_of_tasks) { check(true); }

INSTANTIATE_TEST_SUITE_P(Topologies, Resume, ::testing::ValuesIn(cases()),
                         [](const auto& named) { return named.param.name; });

// --- at-least-once: trouble in bolts -------------------------------------------------------------

struct Tracked {
  std::multiset<std::uint64_t> seen;
  std::uint64_t replayed = 0;
  std::uint64_t acked = 0;
  std::uint64_t pending_max = 0;
  bool finished = false;
};

Tracked track(std::uint64_t seed, std::uint64_t trouble_percent, bool rows, bool faulty) {
  Collected collected;
  Scale scale = scales[seed % std::size(scales)];
  PlanBuilder build;
  build.at_least_once(ns_per_s, rows);
  NumberSettings numbers{.rounds = 20, .rows_per_batch = 5, .idle_every = 4};
  build.spout("in", [=] { return std::make_unique<NumberSpout>(numbers); });
  if (seed % 2 == 1) build.pending_max(3);
  build.bolt(
      "a", {{"in", GroupingType::shuffle}}, [] { return std::make_unique<PassBolt>(); },
      scale.spec());
  build.bolt(
      "flaky", {{"a", GroupingType::fields, {"key"}}},
      [=] { return std::make_unique<FlakyBolt>(seed, trouble_percent); }, scale.spec());
  build.ticks(100 * ns_per_ms);
  // A diamond: pieces of one root by two ways.
  build.bolt(
      "b", {{"flaky", GroupingType::shuffle}, {"a", GroupingType::shuffle}},
      [] { return std::make_unique<PassBolt>(PassBolt::Settings{.forward = true}); }, scale.spec());
  build.bolt("sink", {{"b", GroupingType::global}},
             [&] { return std::make_unique<CollectSink>(collected); });
  if (seed % 3 == 0) build.chain();
  if (seed / 2 % 2 == 1) build.load_shuffles();
  Simulator simulator(build.plan(), seed, {.faulty = faulty});
  EXPECT_TRUE(simulator.prepare().ok());
  for (std::uint64_t moves = 0; moves < 3'000'000 && simulator.step(); ++moves) {
  }
  Tracked outcome;
  outcome.finished = simulator.finished();
  outcome.replayed = simulator.replayed();
  outcome.acked = simulator.task(0).stats().acked.value();
  for (const TestRow& row : collected.rows()) outcome.seen.insert(row.seq);
  return outcome;
}

TEST(AtLeastOnce, without_trouble_every_row_comes_once_by_each_way) {
  for (std::uint64_t seed = seeds().first; seed < seeds().end; ++seed) {
    for (bool rows : {false, true}) {
      Tracked outcome = track(seed, 0, rows, seed % 4 == 2);
      ASSERT_TRUE(outcome.finished) << "--seed " << seed;
      EXPECT_EQ(outcome.replayed, 0u) << "--seed " << seed;
      EXPECT_EQ(outcome.acked, rows ? 100u : 20u) << "--seed " << seed;
      ASSERT_EQ(outcome.seen.size(), 200u) << "--seed " << seed;
      for (std::uint64_t seq = 0; seq < 100; ++seq) ASSERT_EQ(outcome.seen.count(seq), 2u);
    }
  }
}

TEST(AtLeastOnce, nothing_is_lost_whatever_bolts_do) {
  std::uint64_t replayed = 0;
  for (std::uint64_t seed = seeds().first; seed < seeds().end; ++seed) {
    for (bool rows : {false, true}) {
      Tracked outcome = track(seed, 10, rows, seed % 4 == 3);
      replayed += outcome.replayed;
      ASSERT_TRUE(outcome.finished) << "--seed " << seed << (rows ? " rows" : " batches");
      EXPECT_EQ(outcome.acked, rows ? 100u : 20u) << "--seed " << seed;
      // Once through the flaky bolt and once past it, at least.
      for (std::uint64_t seq = 0; seq < 100; ++seq)
        ASSERT_GE(outcome.seen.count(seq), 2u) << "--seed " << seed << " row " << seq;
    }
  }
  EXPECT_GT(replayed, 0u);
}

}  // namespace
}  // namespace dnstorm::runtime::testing
