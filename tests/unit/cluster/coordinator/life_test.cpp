// A topology's life, in a cluster without faults.
#include <gtest/gtest.h>

#include "tests/sim/cluster/world.hpp"

namespace dnstorm::cluster::testing {
namespace {

TEST(TopologyLife, IsPlacedPreparedRunAndKilled) {
  World world({});
  world.add_node("a");
  world.add_node("b");
  world.run_for(2 * ns_per_s);
  auto answer = world.submit(submission("dns", "in:2 count:2 timeout=20"));
  ASSERT_TRUE(answer.ok()) << answer.error().what;
  EXPECT_EQ(answer->assignment.nodes(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(world.run_until_holds([&] { return world.status("dns") == TopologyStatus::active; },
                                    5 * ns_per_s));
  EXPECT_EQ(world.live_workers(answer->id), 2u);
  world.ask([&](Coordinator& machine, TimeNs now, TimeNs wall) {
    EXPECT_TRUE(machine.kill("dns", std::nullopt, now, wall).ok());
  });
  world.run_for(18 * ns_per_s);
  EXPECT_EQ(world.live_workers(answer->id), 2u);
  world.run_for(3 * ns_per_s);
  EXPECT_EQ(world.live_workers(answer->id), 0u);
  EXPECT_FALSE(world.topology("dns").has_value());
  EXPECT_TRUE(world.store.topologies.empty());
  EXPECT_EQ(world.problems, std::vector<std::string>{});
}

TEST(TopologyLife, FinishesWhenItsInputIsWorkedOff) {
  World world({});
  world.add_node("a");
  world.add_node("b");
  world.run_for(2 * ns_per_s);
  auto answer = world.submit(submission("dns", "in:2 count:2 exactly-once finite"));
  ASSERT_TRUE(answer.ok()) << answer.error().what;
  EXPECT_TRUE(world.run_until_holds([&] { return world.status("dns") == TopologyStatus::finished; },
                                    30 * ns_per_s));
  world.run_for(ns_per_s);
  EXPECT_EQ(world.live_workers(answer->id), 0u);
  EXPECT_GE(world.checkpoints_written, 1u);
  EXPECT_TRUE(world.checkpoints.empty());
  EXPECT_EQ(world.problems, std::vector<std::string>{});
}

TEST(TopologyLife, ADryRunChangesNothing) {
  World world({});
  world.add_node("a");
  world.run_for(2 * ns_per_s);
  auto answer = world.submit(submission("dns", "in:2"), {.dry_run = true});
  ASSERT_TRUE(answer.ok()) << answer.error().what;
  EXPECT_EQ(answer->assignment.node_of_executor, (std::vector<std::string>{"a", "a"}));
  EXPECT_FALSE(world.topology("dns").has_value());
  EXPECT_TRUE(world.store.topologies.empty());
}

}  // namespace
}  // namespace dnstorm::cluster::testing
