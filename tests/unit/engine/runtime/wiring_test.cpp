#include "engine/runtime/wiring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

auto no_spout = [] { return std::unique_ptr<Spout>(); };
auto no_bolt = [] { return std::unique_ptr<Bolt>(); };

TEST(Wiring, numbers_tasks_and_executors_by_component) {
  PlanBuilder build;
  build.spout("s", no_spout, {.tasks = 2});
  build.bolt("b", {{"s"}}, no_bolt, {.tasks = 5, .executors = 2});
  Wiring wiring = wire(build.plan());
  ASSERT_EQ(wiring.tasks.size(), 7u);
  EXPECT_EQ(wiring.tasks[4].component, 1u);
  EXPECT_EQ(wiring.tasks[4].index, 2u);
  EXPECT_EQ(wiring.tasks[4].count, 5u);
  ASSERT_EQ(wiring.executors.size(), 4u);
  EXPECT_EQ(wiring.executors[2].tasks.back() + 1, wiring.executors[3].tasks.front());
  EXPECT_EQ(wiring.executors[2].tasks.size() + wiring.executors[3].tasks.size(), 5u);
  EXPECT_EQ(wiring.tasks[6].executor, 3u);
}

TEST(Wiring, puts_the_tasks_of_a_chain_into_the_executors_of_its_first_component) {
  PlanBuilder build;
  build.spout("s", no_spout);
  build.bolt("a", {{"s", GroupingType::fields, {"key"}}}, no_bolt, {.tasks = 3, .executors = 2});
  build.bolt("b", {{"a", GroupingType::local_or_shuffle}}, no_bolt, {.tasks = 3, .executors = 2});
  build.bolt("c", {{"b", GroupingType::local_or_shuffle}}, no_bolt, {.tasks = 3, .executors = 2});
  build.bolt("d", {{"c", GroupingType::global}}, no_bolt);
  build.chain();
  Wiring wiring = wire(build.plan());
  ASSERT_EQ(wiring.executors.size(), 4u);
  EXPECT_THAT(wiring.executors[1].tasks, ElementsAre(1, 2, 4, 5, 7, 8));
  EXPECT_THAT(wiring.executors[2].tasks, ElementsAre(3, 6, 9));
  EXPECT_THAT(wiring.executors[3].tasks, ElementsAre(10));
  EXPECT_EQ(wiring.tasks[6].executor, 2u);
}

TEST(Wiring, connects_tasks_per_node_only_on_their_node) {
  PlanBuilder build;
  build.spout("s", no_spout, {.tasks = 3});
  build.bolt("b", {{"s", GroupingType::local_or_shuffle}}, no_bolt, {.tasks = 3});
  build.bolt("c", {{"b", GroupingType::global}}, no_bolt);
  plan::Plan plan = build.plan();
  for (std::size_t c : {0U, 1U}) plan.components[c].place = {"capture", "", true, {}};
  Wiring wiring = wire(plan);
  for (TaskIndex s = 0; s < 3; ++s) {
    ASSERT_EQ(wiring.tasks[s].out_edges.size(), 1u);
    EXPECT_EQ(wiring.tasks[s].out_edges[0].to, 3 + s);
    EXPECT_EQ(wiring.tasks[3 + s].in_edges.size(), 1u);
    EXPECT_THAT(wiring.tasks[3 + s].origins, ElementsAre(s));
  }
  EXPECT_EQ(wiring.tasks[6].in_edges.size(), 3u);
  EXPECT_THAT(wiring.tasks[6].origins, ElementsAre(0, 1, 2));
}

TEST(Wiring, connects_every_sender_with_every_receiver) {
  PlanBuilder build;
  build.spout("s", no_spout, {.tasks = 2});
  build.bolt("b", {{"s"}}, no_bolt, {.tasks = 3});
  Wiring wiring = wire(build.plan());
  for (TaskIndex s = 0; s < 2; ++s) {
    const TaskWiring& sender = wiring.tasks[s];
    ASSERT_EQ(sender.out_edges.size(), 3u);
    EXPECT_THAT(sender.streams[0][0].targets, ElementsAre(0, 1, 2));
    for (EdgeIndex e = 0; e < 3; ++e) {
      const OutEdge& out = sender.out_edges[e];
      EXPECT_EQ(out.to, 2 + e);
      const InEdge& in = wiring.tasks[out.to].in_edges[out.in_edge];
      EXPECT_EQ(in.from, s);
      EXPECT_EQ(in.out_edge, e);
    }
  }
}

TEST(Wiring, hands_the_origins_down) {
  PlanBuilder build;
  build.spout("s", no_spout, {.tasks = 2});
  build.spout("t", no_spout);
  build.bolt("b", {{"s"}}, no_bolt);
  build.bolt("c", {{"t"}, {"b"}}, no_bolt);
  Wiring wiring = wire(build.plan());
  EXPECT_THAT(wiring.origins, ElementsAre(0, 1, 2));
  EXPECT_THAT(wiring.tasks[3].origins, ElementsAre(0, 1));
  EXPECT_THAT(wiring.tasks[4].origins, ElementsAre(0, 1, 2));
  EXPECT_THAT(wiring.tasks[4].in_edges[0].origins, ElementsAre(2));
  EXPECT_THAT(wiring.tasks[4].in_edges[1].origins, ElementsAre(0, 1));
}

TEST(Wiring, several_subscriptions_share_an_edge) {
  PlanBuilder build;
  build.spout("s", no_spout, {.streams = 2});
  build.bolt("b", {{"s", GroupingType::all}, {"s", GroupingType::fields, {"key"}, 1}}, no_bolt,
             {.tasks = 2});
  Wiring wiring = wire(build.plan());
  const TaskWiring& sender = wiring.tasks[0];
  EXPECT_EQ(sender.out_edges.size(), 2u);
  EXPECT_EQ(wiring.tasks[1].in_edges.size(), 1u);
  ASSERT_EQ(sender.streams.size(), 2u);
  EXPECT_EQ(sender.streams[0][0].input, 0u);
  EXPECT_EQ(sender.streams[1][0].input, 1u);
  EXPECT_EQ(sender.streams[1][0].grouping, GroupingType::fields);
  EXPECT_THAT(sender.streams[1][0].fields, ElementsAre("key"));
  EXPECT_THAT(sender.streams[1][0].targets, ElementsAre(0, 1));
}

TEST(Wiring, a_component_without_readers_has_no_edges) {
  PlanBuilder build;
  build.spout("s", no_spout);
  Wiring wiring = wire(build.plan());
  EXPECT_THAT(wiring.tasks[0].out_edges, IsEmpty());
  EXPECT_THAT(wiring.tasks[0].streams[0], IsEmpty());
}

TEST(WiringDeathTest, refuses_a_component_before_its_source) {
  PlanBuilder build;
  build.spout("s", no_spout);
  build.bolt("b", {{"s"}}, no_bolt);
  plan::Plan plan = build.plan();
  std::swap(plan.components[0], plan.components[1]);
  plan.components[0].inputs[0].component = 1;
  EXPECT_DEATH((void)wire(plan), "before one that feeds it");
}

}  // namespace
}  // namespace dnstorm::runtime::testing
