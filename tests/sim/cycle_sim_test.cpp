// Seeded simulation of topologies with cycles: whatever the order of messages, the parallelism and
// the credits, every row goes round as often as it should and comes out, the run comes to its end,
// and windows behind a cycle have the rows they would have without one.
#include <gtest/gtest.h>

#include <set>

#include "engine/testkit/simulator.hpp"
#include "tests/sim/cases.hpp"
#include "tests/unit/engine/runtime/hop_bolt.hpp"

namespace dnstorm::runtime::testing {
namespace {

using testkit::Simulator;
constexpr Scale scales[] = {{1, 1}, {2, 2}, {4, 4}, {4, 2}, {3, 3}};
constexpr std::uint32_t credits[] = {4, 1, 16};
constexpr GroupingType shuffle = GroupingType::shuffle;
constexpr GroupingType fields = GroupingType::fields;

auto numbers(NumberSettings settings) {
  return [settings] { return std::make_unique<NumberSpout>(settings); };
}
auto hop = [] { return std::make_unique<HopBolt>(); };
auto pass = [] { return std::make_unique<PassBolt>(); };

struct Shape {
  std::string name;
  // All but what reads "hop"; `flaky` stands somewhere in a cycle.
  std::function<void(PlanBuilder&, Scale, std::function<std::unique_ptr<Bolt>()> flaky)> build;
};

ComponentSpec three_streams(Scale s) { return s.spec(3); }

std::vector<Shape> shapes() {
  std::vector<Shape> list;
  list.push_back({"of_one", [](PlanBuilder& b, Scale s, const auto& flaky) {
                    b.spout("in", numbers({.rounds = 15, .rows_per_batch = 7, .keys = 6}));
                    b.bolt("a", {{"in", shuffle}}, flaky, s.spec());
                    b.bolt("hop", {{"a", shuffle}}, hop, three_streams(s));
                    b.close_cycle({"hop", shuffle, {}, 1}, "hop");
                  }});
  list.push_back({"of_three", [](PlanBuilder& b, Scale s, const auto& flaky) {
                    b.spout("in", numbers({.rounds = 15, .rows_per_batch = 7, .keys = 6}));
                    b.bolt("a", {{"in", shuffle}}, pass, s.spec());
                    b.bolt("hop", {{"a", fields, {"seq"}}}, hop, three_streams(s));
                    b.bolt("b", {{"hop", shuffle, {}, 1}}, flaky, s.spec());
                    b.close_cycle({"b", fields, {"seq"}}, "a");
                  }});
  // Two that have a part in common, so that rows of each wake the other.
  list.push_back(
      {"crossed", [](PlanBuilder& b, Scale s, const auto& flaky) {
         b.spout("in", numbers({.rounds = 10, .rows_per_batch = 5, .keys = 9}));
         b.spout("more", numbers({.rounds = 13,
                                  .rows_per_batch = 3,
                                  .keys = 7,
                                  .first_seq = 500'000,
                                  .idle_every = 3}));
         b.bolt("a", {{"in", shuffle}}, pass, s.spec());
         b.bolt("hop", {{"a", shuffle}, {"more", fields, {"key"}}}, hop, three_streams(s));
         b.bolt("b", {{"hop", shuffle, {}, 1}}, flaky, s.spec());
         b.close_cycle({"hop", fields, {"seq"}, 2}, "a");
         b.close_cycle({"b", GroupingType::partial_key, {"key"}}, "hop");
       }});
  return list;
}

struct Outcome {
  std::vector<TestRow> rows;     // out of the cycle
  std::vector<TestRow> windows;  // counts of those in windows of event time
  std::uint64_t replayed = 0;
  std::uint64_t late = 0;
  bool finished = false;
  std::string wrong;
};

Outcome simulate(const Shape& shape, std::uint64_t seed, std::uint64_t trouble_percent, bool rows) {
  Collected collected, counted;
  Scale scale = seed == 0 ? Scale{} : scales[seed % std::size(scales)];
  PlanBuilder build;
  build.cycles().credits(credits[seed % std::size(credits)]);
  // Without trouble nothing is to time out, however slow the ways are.
  build.at_least_once(trouble_percent == 0 ? 0 : 10 * ns_per_s, rows);
  if (seed % 5 == 4) build.edge_bytes(1 + seed % 700);
  shape.build(build, scale, [=] { return std::make_unique<FlakyBolt>(seed, trouble_percent); });
  build.bounded_spouts(1 + seed % 4).ticks_of_all(ns_per_s);
  build.bolt(
      "windows", {{"hop", fields, {"seq"}}}, [] { return std::make_unique<WindowBolt>(10); },
      scale.spec());
  build.bolt("counts", {{"windows", GroupingType::global}},
             [&] { return std::make_unique<CollectSink>(counted); });
  build.bolt("sink", {{"hop", GroupingType::global}},
             [&] { return std::make_unique<CollectSink>(collected); });
  if (seed % 3 == 0) build.chain();
  Simulator simulator(build.plan(), seed, {.faulty = seed % 4 == 2});
  EXPECT_TRUE(simulator.prepare().ok());
  for (std::uint64_t moves = 0; moves < 5'000'000 && simulator.step(); ++moves) {
  }
  Outcome outcome{collected.rows(),        counted.rows(),       simulator.replayed(),
                  simulator.total("late"), simulator.finished(), simulator.conservation()};
  if (simulator.total("undelivered") != 0) outcome.wrong += " rows that nobody got";
  std::sort(outcome.rows.begin(), outcome.rows.end());
  return outcome;
}

// Of each window all keys are 0: the counts of its parts, summed up.
std::map<TimeNs, std::uint64_t> by_window(const std::vector<TestRow>& counts) {
  std::map<TimeNs, std::uint64_t> sums;
  for (const TestRow& row : counts) sums[row.time] += row.seq;
  return sums;
}

class Cycles : public ::testing::TestWithParam<Shape> {};

TEST_P(Cycles, give_the_same_rows_and_windows_whatever_the_timing) {
  for (bool rows : {false, true}) {
    Outcome expected = simulate(GetParam(), 0, 0, rows);
    ASSERT_TRUE(expected.finished);
    ASSERT_GE(expected.rows.size(), 80u);
    std::set<std::uint64_t> once;
    for (const TestRow& row : expected.rows) EXPECT_TRUE(once.insert(row.seq).second) << row.seq;
    for (std::uint64_t seed = seeds().first; seed < seeds().end; ++seed) {
      Outcome outcome = simulate(GetParam(), seed, 0, rows);
      ASSERT_TRUE(outcome.finished) << "deadlock: --seed " << seed;
      ASSERT_EQ(outcome.wrong, "") << "--seed " << seed;
      EXPECT_EQ(outcome.replayed, 0u) << "--seed " << seed;
      EXPECT_EQ(outcome.late, 0u) << "--seed " << seed;
      ASSERT_TRUE(outcome.rows == expected.rows) << "--seed " << seed;
      ASSERT_EQ(by_window(outcome.windows), by_window(expected.windows)) << "--seed " << seed;
    }
  }
}

TEST_P(Cycles, lose_nothing_whatever_bolts_do) {
  std::uint64_t replayed = 0;
  std::set<std::uint64_t> expected;
  for (const TestRow& row : simulate(GetParam(), 0, 0, false).rows) expected.insert(row.seq);
  for (std::uint64_t seed = seeds().first; seed < seeds().end; ++seed) {
    Outcome outcome = simulate(GetParam(), seed, 6, seed % 2 == 1);
    ASSERT_TRUE(outcome.finished) << "deadlock: --seed " << seed;
    ASSERT_EQ(outcome.wrong, "") << "--seed " << seed;
    std::set<std::uint64_t> seen;
    for (const TestRow& row : outcome.rows) seen.insert(row.seq);
    ASSERT_EQ(seen, expected) << "--seed " << seed;
    replayed += outcome.replayed;
  }
  EXPECT_GT(replayed, 0u);
}

INSTANTIATE_TEST_SUITE_P(Topologies, Cycles, ::testing::ValuesIn(shapes()),
                         [](const auto& named) { return named.param.name; });

// Rows that go round for ever end with the input that they came from.
TEST(CyclesEnd, when_rows_go_round_for_ever) {
  for (std::uint64_t seed = seeds().first; seed < seeds().end; ++seed) {
    PlanBuilder build;
    build.cycles().credits(1 + seed % 4);
    build.at_least_once(50 * ns_per_ms);
    build.spout("in", numbers({.rounds = 3}));
    build.bounded_spouts(2);
    build.bolt("a", {{"in", shuffle}}, pass);
    build.close_cycle({"a"}, "a");
    Simulator simulator(build.plan(), seed);
    ASSERT_TRUE(simulator.prepare().ok());
    simulator.settle(2000);
    ASSERT_FALSE(simulator.finished());
    simulator.request_stop();
    for (std::uint64_t moves = 0; moves < 3'000'000 && simulator.step(); ++moves) {
    }
    ASSERT_TRUE(simulator.finished()) << "--seed " << seed;
    EXPECT_EQ(simulator.conservation(), "") << "--seed " << seed;
    EXPECT_GT(simulator.total("given_up"), 0u) << "--seed " << seed;
  }
}

}  // namespace
}  // namespace dnstorm::runtime::testing
