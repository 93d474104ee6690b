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

#include "tests/sim/simulator.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

std::uint64_t seeds_first = 0;
std::uint64_t seeds_end = 60;

// How what the sink got is compared with the run of single tasks.
enum class Canon {
  exact,       // as it came
  by_round,    // sorted between two watermarks: behind a fields grouping a round comes task by task
  as_a_whole,  // sorted: several sources come in no order
};

struct Scale {
  std::uint32_t tasks = 1;
  std::uint32_t executors = 1;
  ComponentSpec spec(std::size_t streams = 1) const {
    return {.tasks = tasks, .executors = executors, .streams = streams};
  }
};

struct Case {
  std::string name;
  Canon canon;
  std::function<void(PlanBuilder&, Scale)> build;  // all but the sink, which reads from "out"
  std::vector<InputSpec> sink_inputs = {{"out", GroupingType::global}};
};

auto numbers(NumberSettings settings) {
  return [settings] { return std::make_unique<NumberSpout>(settings); };
}
auto pass(PassBolt::Settings settings = {}) {
  return [settings] { return std::make_unique<PassBolt>(settings); };
}
auto window(DurationNs length) {
  return [length] { return std::make_unique<WindowBolt>(length); };
}

const GroupingType shuffle = GroupingType::shuffle;
const GroupingType fields = GroupingType::fields;
const GroupingType all = GroupingType::all;

std::vector<Case> cases() {
  std::vector<Case> list;
  list.push_back({"line", Canon::exact, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 25, .batches_per_round = 3}));
                    b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
                    b.bolt("b", {{"a", shuffle}}, pass({.forward = true}), s.spec());
                    b.bolt("out", {{"b", GroupingType::local_or_shuffle}}, pass(), s.spec());
                  }});
  list.push_back({"diamond", Canon::exact, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 25, .batches_per_round = 2}));
                    b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
                    b.bolt("b", {{"in", shuffle}}, pass({.copies = 2}), s.spec());
                    b.bolt("out", {{"b", shuffle}, {"a", shuffle}}, pass(), s.spec());
                  }});
  // A short cut around a bolt, and rounds of many more events than there are credits: the shape in
  // which credits by event come to a deadlock.
  for (bool short_cut_first : {false, true}) {
    list.push_back(
        {short_cut_first ? "triangle_short_cut_first" : "triangle", Canon::exact,
         [short_cut_first](PlanBuilder& b, Scale s) {
           b.spout("in", numbers({.rounds = 6, .batches_per_round = 4}));
           b.bolt("a", {{"in", shuffle}}, pass({.copies = 6, .forward = true}), s.spec());
           b.bolt("b", {{"a", shuffle}}, pass({.copies = 2, .forward = true}), s.spec());
           std::vector<InputSpec> inputs = {{"b", shuffle}, {"a", shuffle}};
           if (short_cut_first) std::swap(inputs[0], inputs[1]);
           b.bolt("out", inputs, pass({.forward = true}), s.spec());
         }});
  }
  list.push_back({"keyed", Canon::by_round, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 25, .rows_per_batch = 20}));
                    b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
                    b.bolt("b", {{"a", fields, {"key"}}}, pass(), s.spec());
                    b.bolt("out", {{"b", fields, {"name"}}}, pass({.forward = true}), s.spec());
                  }});
  list.push_back({"partial_key", Canon::by_round, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 25, .rows_per_batch = 20}));
                    b.bolt("a", {{"in", GroupingType::partial_key, {"name"}}}, pass(), s.spec());
                    b.bolt("out", {{"a", fields, {"name"}}}, pass({.forward = true}), s.spec());
                  }});
  list.push_back(
      {"window", Canon::by_round, [](PlanBuilder& b, Scale s) {
         b.spout("in", numbers({.rounds = 30, .rows_per_batch = 12, .keys = 40, .disorder = 9}));
         b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
         b.bolt("out", {{"a", fields, {"name"}}}, window(50), s.spec());
       }});
  // One window closes in a round at most: then key groups make even the order that of one task.
  list.push_back({"window_in_order", Canon::exact, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 30, .rows_per_batch = 12, .keys = 40}));
                    b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
                    b.bolt("out", {{"a", fields, {"name"}}}, window(60), s.spec());
                  }});
  list.push_back({"two_stage_window", Canon::by_round, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 30, .rows_per_batch = 12, .keys = 9}));
                    b.bolt("a", {{"in", fields, {"name"}}}, window(20), s.spec());
                    b.bolt("out", {{"a", fields, {"name"}}}, window(100), s.spec());
                  }});
  list.push_back({"broadcast", Canon::by_round, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 20, .idle_every = 3}));
                    b.bolt("out", {{"in", all}}, pass({.own_share = true}), s.spec());
                  }});
  list.push_back({"two_streams", Canon::by_round, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 20, .rows_per_batch = 6}));
                    b.bolt("a", {{"in", shuffle}}, pass(), s.spec(2));
                    b.bolt("out", {{"a", shuffle}, {"a", fields, {"key"}, 1}}, pass(), s.spec());
                  }});
  list.push_back({"two_sources", Canon::as_a_whole, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 12, .batches_per_round = 3}));
                    b.spout("more",
                            numbers({.rounds = 17, .batches_per_round = 2, .first_seq = 500'000}),
                            {.tasks = 2});
                    b.bolt("a", {{"in", shuffle}, {"more", shuffle}}, pass(), s.spec());
                    b.bolt("b", {{"more", shuffle}, {"in", shuffle}},
                           pass({.copies = 2, .forward = true}), s.spec());
                    b.bolt("out", {{"a", fields, {"key"}}, {"b", fields, {"key"}}},
                           pass({.forward = true}), s.spec());
                  }});
  list.push_back(
      {"two_sources_window", Canon::as_a_whole, [](PlanBuilder& b, Scale s) {
         b.spout("in", numbers({.rounds = 30, .batches_per_round = 3, .step = 3, .disorder = 5}));
         b.spout("more", numbers({.rounds = 40, .rows_per_batch = 9, .step = 2, .idle_every = 4}));
         b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
         b.bolt("b", {{"more", shuffle}, {"a", shuffle}}, pass(), s.spec());
         b.bolt("c", {{"b", fields, {"name"}}, {"in", fields, {"name"}}}, window(20), s.spec());
         b.bolt("out", {{"c", fields, {"name"}}}, window(80), s.spec());
       }});
  return list;
}

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
  Simulator simulator(build.plan(), seed);
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
  for (std::uint64_t seed = seeds_first; seed < seeds_end; ++seed) {
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
  if (auto seeds = number_option(argc, argv, "--seeds")) seeds_end = *seeds;
  if (auto seed = number_option(argc, argv, "--seed")) {
    seeds_first = *seed;
    seeds_end = *seed + 1;
  }
  return RUN_ALL_TESTS();
}
