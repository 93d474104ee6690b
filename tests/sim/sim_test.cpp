// Seeded simulation of the runtime: whatever the order in which messages arrive, whatever the
// parallelism and the credits, a topology gives the output of its single-task run, loses nothing
// and comes to its end.
//
//   sim [--seeds N] [--seed S] [gtest options]    60 seeds a topology by default; --seed runs one
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "engine/testkit/simulator.hpp"
#include "tests/sim/cases.hpp"

namespace dnstorm::runtime::testing {
namespace {

using testkit::Simulator;
struct Outcome {
  std::vector<Collected::Entry> rows;
  bool finished = false;
  std::string wrong;
};

Outcome simulate(const Case& shape, Scale scale, std::uint32_t credits, std::uint64_t seed) {
  Collected collected;
  PlanBuilder build;
  build.credits(credits);
  shape.build(build, scale);
  bool by_round = shape.canon == Canon::by_round;
  build.bolt("sink", shape.sink_inputs, [&] {
    return std::make_unique<CollectSink>(
        collected, CollectSink::Settings{.sort_between_watermarks = by_round});
  });
  // Every scale and every credit comes with and without chains.
  if (seed / 20 % 2 == 1) build.chain();
  if (seed / 2 % 2 == 1) build.load_shuffles();
  if (seed / 3 % 4 == 3) build.edge_bytes(1 + seed % 700);
  // And each of these over good ways and bad ones.
  Simulator simulator(build.plan(), seed, {.faulty = seed / 40 % 2 == 1});
  EXPECT_TRUE(simulator.prepare().ok());
  simulator.run();
  Outcome outcome{collected.entries(), simulator.finished(), simulator.conservation()};
  if (simulator.total("late") != 0) outcome.wrong += " rows behind the watermark";
  if (shape.canon == Canon::as_a_whole) std::sort(outcome.rows.begin(), outcome.rows.end());
  return outcome;
}

class Simulation : public ::testing::TestWithParam<Case> {};

TEST_P(Simulation, output_is_that_of_single_tasks) {
  const Case& shape = GetParam();
  Outcome expected = simulate(shape, {1, 1}, 16, 0);
  ASSERT_TRUE(expected.finished);
  ASSERT_FALSE(expected.rows.empty());
  static constexpr Scale scales[] = {{1, 1}, {2, 2}, {4, 4}, {4, 2}, {3, 3}};
  static constexpr std::uint32_t credits[] = {4, 4, 1, 16};
  for (std::uint64_t seed = seeds().first; seed < seeds().end; ++seed) {
    Scale scale = scales[seed % std::size(scales)];
    Outcome outcome = simulate(shape, scale, credits[seed % std::size(credits)], seed);
    ASSERT_TRUE(outcome.finished) << "deadlock: --seed " << seed;
    ASSERT_EQ(outcome.wrong, "") << "--seed " << seed;
    ASSERT_TRUE(outcome.rows == expected.rows) << "--seed " << seed << ": " << outcome.rows.size()
                                               << " rows, expected " << expected.rows.size();
  }
}

INSTANTIATE_TEST_SUITE_P(Topologies, Simulation, ::testing::ValuesIn(cases()),
                         [](const auto& named) { return named.param.name; });

// in -> work (tasks, one of them slow) -> sink
struct SlowOutcome {
  std::vector<TestRow> rows;
  double share = 0;  // of all rows, that the slow task got
};

SlowOutcome run_slow(std::uint32_t tasks, bool by_load, std::uint64_t seed) {
  Collected collected;
  PlanBuilder build;
  build.spout("in", [] { return std::make_unique<NumberSpout>(NumberSettings{.rounds = 2000}); });
  build.bolt("work", {{"in", GroupingType::shuffle}}, [] { return std::make_unique<PassBolt>(); },
             {.tasks = tasks, .state = StateScope::none});
  build.bolt("sink", {{"work", GroupingType::global}},
             [&] { return std::make_unique<CollectSink>(collected); });
  if (by_load) build.load_shuffles();
  Simulator simulator(build.plan(), seed, {.slow_executor = 1});
  EXPECT_TRUE(simulator.prepare().ok());
  simulator.run();
  EXPECT_TRUE(simulator.finished());
  EXPECT_EQ(simulator.conservation(), "");
  auto executed = static_cast<double>(simulator.task(1).stats().executed.value());
  return {collected.rows(), executed / 8000};
}

TEST(SlowTask, gets_fewer_rounds_and_the_output_is_the_same) {
  const SlowOutcome expected = run_slow(1, false, 0);
  ASSERT_EQ(expected.rows.size(), 8000u);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    for (std::uint32_t tasks : {2u, 4u}) {
      SlowOutcome plain = run_slow(tasks, false, seed);
      SlowOutcome by_load = run_slow(tasks, true, seed);
      EXPECT_TRUE(plain.rows == expected.rows) << tasks << " tasks";
      EXPECT_TRUE(by_load.rows == expected.rows) << tasks << " tasks, by load";
      EXPECT_NEAR(plain.share, 1.0 / tasks, 0.01);
      EXPECT_LT(by_load.share, 0.5 / tasks) << tasks << " tasks";
    }
  }
}

std::optional<std::uint64_t> number_option(int argc, char** argv, std::string_view name) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] != name) continue;
    std::string_view text = argv[i + 1];
    std::uint64_t value = 0;
    auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem == std::errc() && rest == text.data() + text.size()) return value;
    fmt::print(stderr, "sim: {} wants a number, not '{}'\n", name, text);
    std::exit(64);
  }
  return std::nullopt;
}

}  // namespace
}  // namespace dnstorm::runtime::testing

int main(int argc, char** argv) {
  using namespace dnstorm::runtime::testing;
  ::testing::InitGoogleTest(&argc, argv);
  if (auto end = number_option(argc, argv, "--seeds")) seeds().end = *end;
  if (auto seed = number_option(argc, argv, "--seed")) {
    seeds().first = *seed;
    seeds().end = *seed + 1;
  }
  return RUN_ALL_TESTS();
}
