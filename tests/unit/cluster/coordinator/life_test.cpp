// A topology's life, in a cluster without faults.
#include <gtest/gtest.h>

#include <algorithm>

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

TEST(TopologyLife, DoesNotFinishWithRowsThatAreLost) {
  World world({});
  world.add_node("a");
  world.add_node("b");
  world.run_for(2 * ns_per_s);
  auto answer = world.submit(submission("dns", "in:2 count:2 exactly-once finite"));
  ASSERT_TRUE(answer.ok()) << answer.error().what;
  EXPECT_TRUE(world.run_until_holds([&] { return world.status("dns") == TopologyStatus::active; },
                                    5 * ns_per_s));
  auto rows_of = [&](const std::string& node) -> std::vector<EdgeRows>& {
    return world.machines.at(node).workers.begin()->second.report.rows;
  };
  rows_of("a") = {{0, 2, true, 100}};
  rows_of("b") = {{0, 2, false, 99}};
  EXPECT_TRUE(world.run_until_holds([&] { return world.status("dns") == TopologyStatus::failed; },
                                    30 * ns_per_s));
  constexpr const char* why =
      "rows were lost or doubled on the way: task 0 has sent 100 rows to task 2, which has "
      "received 99";
  EXPECT_EQ(world.topology("dns")->reason, why);
  EXPECT_TRUE(std::any_of(world.log.begin(), world.log.end(), [&](const LogLine& line) {
    return line.level == "error" && line.text.starts_with(why);
  }));
  // The next incarnation loses none.
  EXPECT_TRUE(world.run_until_holds([&] { return world.status("dns") == TopologyStatus::finished; },
                                    60 * ns_per_s));
  EXPECT_EQ(world.problems, std::vector<std::string>{});
}

}  // namespace
}  // namespace dnstorm::cluster::testing
