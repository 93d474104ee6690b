// Storm's rules of scheduling and failure (its tests of Nimbus and Slot), and ours, in a cluster
// whose time is virtual.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/cluster/world.hpp"

namespace dnstorm::cluster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Rules : public ::testing::Test {
 protected:
  void start(int nodes, WorldSettings settings = {}) {
    world.emplace(settings);
    for (int i = 0; i < nodes; ++i)
      world->add_node(std::string(1, static_cast<char>('a' + i)), {"capture"});
    world->run_for(2 * ns_per_s);
  }
  std::string submit(const std::string& text, const std::string& name = "dns") {
    auto answer = world->submit(submission(name, text));
    EXPECT_TRUE(answer.ok()) << (answer.ok() ? "" : answer.error().what);
    return answer.ok() ? answer->id : "";
  }
  bool reaches(TopologyStatus status, DurationNs limit = 5 * ns_per_s, const char* name = "dns") {
    return world->run_until_holds([&] { return world->status(name) == status; }, limit);
  }
  std::string active(const std::string& text) {
    std::string id = submit(text);
    EXPECT_TRUE(reaches(TopologyStatus::active));
    return id;
  }
  std::vector<std::string> nodes() { return world->topology("dns")->record.assignment.nodes(); }
  std::uint64_t incarnation() { return world->topology("dns")->record.assignment.incarnation; }
  template <class Call>
  Result<void> told(Call call) {
    Result<void> answer = Error{ErrorKind::unavailable, "nobody leads", {}};
    world->ask(
        [&](Coordinator& machine, TimeNs now, TimeNs wall) { answer = call(machine, now, wall); });
    return answer;
  }
  Result<void> kill(std::optional<DurationNs> wait = {}) {
    return told([&](auto& machine, TimeNs now, TimeNs wall) {
      return machine.kill("dns", wait, now, wall);
    });
  }
  Result<void> rebalance(const std::map<std::string, std::uint32_t>& executors) {
    return told([&](auto& machine, TimeNs now, TimeNs) {
      return machine.rebalance("dns", executors, now);
    });
  }
  void TearDown() override {
    ASSERT_TRUE(world.has_value());
    EXPECT_THAT(world->problems, ElementsAre());
  }

  std::optional<World> world;
};

// --- kill, names
// ----------------------------------------------------------------------------------

TEST_F(Rules, N1_AKilledTopologyIsThereUntilItsTimeOut) {
  start(2);
  std::string id = active("in:2 count:2 timeout=20");
  ASSERT_TRUE(kill().ok());
  EXPECT_EQ(world->status("dns"), TopologyStatus::killed);
  world->run_for(18 * ns_per_s);
  EXPECT_EQ(world->live_workers(id), 2u);
  world->run_for(3 * ns_per_s);
  EXPECT_EQ(world->live_workers(id), 0u);
  EXPECT_TRUE(world->store.topologies.empty());
}

TEST_F(Rules, N2_NamesAreTakenUntilTheirTopologyIsGone) {
  start(1);
  auto unknown = kill();
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().what, HasSubstr("NotAlive"));
  active("in timeout=100");
  auto twice = world->submit(submission("dns", "in"));
  ASSERT_FALSE(twice.ok());
  EXPECT_THAT(twice.error().what, HasSubstr("AlreadyAlive"));
  ASSERT_TRUE(kill(10 * ns_per_s).ok());
  auto while_killed = world->submit(submission("dns", "in"));
  ASSERT_FALSE(while_killed.ok());
  EXPECT_THAT(while_killed.error().what, HasSubstr("being killed"));
  world->run_for(9 * ns_per_s);
  EXPECT_TRUE(world->topology("dns").has_value());
  world->run_for(2 * ns_per_s);
  EXPECT_FALSE(world->topology("dns").has_value());
  EXPECT_TRUE(world->submit(submission("dns", "in")).ok());
}

TEST_F(Rules, ANegativeWaitAndABadNameAreRefused) {
  start(1);
  active("in");
  EXPECT_THAT(kill(-ns_per_s).error().what, HasSubstr("0 s or more"));
  EXPECT_THAT(world->submit(submission("a/b", "in")).error().what, HasSubstr("no name"));
}

// --- failure
// --------------------------------------------------------------------------------------

TEST_F(Rules, N3_AWorkerThatDiesEndsItsIncarnationAndTheNextBeginsFromTheCheckpoint) {
  start(2);
  active("in:2 count:2 exactly-once");
  world->run_for(3 * ns_per_s);
  std::uint64_t checkpoint = world->topology("dns")->record.checkpoint;
  EXPECT_GE(checkpoint, 1u);
  world->kill_worker("a", "");
  EXPECT_TRUE(world->run_until_holds([&] { return incarnation() == 2; }, 3 * ns_per_s));
  EXPECT_TRUE(reaches(TopologyStatus::active));
  EXPECT_EQ(world->restored, 1u);
  EXPECT_THAT(world->topology("dns")->last_restart, HasSubstr("killed by signal 9"));
  EXPECT_THAT(nodes(), ElementsAre("a", "b"));
}

TEST_F(Rules, N3_AWorkerThatNeverGetsReadyIsGivenTheLaunchTimeout) {
  start(1);
  std::string id = submit("in");
  world->run_for(10 * ns_per_ms);
  world->run_until_holds([&] { return world->live_workers(id) == 1; }, ns_per_s);
  for (auto& [key, worker] : world->machines.at("a").workers) worker.paused = true;
  world->run_for(58 * ns_per_s);
  EXPECT_EQ(incarnation(), 1u);
  EXPECT_EQ(world->status("dns"), TopologyStatus::starting);
  world->run_for(8 * ns_per_s);
  EXPECT_EQ(incarnation(), 2u);
  EXPECT_THAT(world->topology("dns")->last_restart, HasSubstr("a are not ready after"));
}

TEST_F(Rules, N4_ASilentCoordinatorMovesNothingAndDataFlowsOn) {
  start(3);
  std::string id = active("in:3");
  world->kill_coordinator(0);
  world->run_for(60 * ns_per_s);
  EXPECT_EQ(world->live_workers(id), 3u);
  world->start_coordinator(0);
  world->run_for(10 * ns_per_s);
  EXPECT_EQ(world->status("dns"), TopologyStatus::active);
  EXPECT_EQ(incarnation(), 1u);
  EXPECT_EQ(world->topology("dns")->restarts, 0u);
}

TEST_F(Rules, N4_WhenAllNodesAreGoneItWaitsAndGoesOnWhereOneComesBack) {
  start(2);
  active("in:2");
  world->kill_node("a", true);
  world->kill_node("b", true);
  world->run_for(20 * ns_per_s);
  EXPECT_EQ(world->node("a")->status, NodeStatus::fencing);
  EXPECT_THAT(world->node("a")->reason, HasSubstr("may still be running"));
  world->start_node("a");
  EXPECT_TRUE(world->run_until_holds([&] { return world->status("dns") == TopologyStatus::active; },
                                     10 * ns_per_s));
  EXPECT_THAT(nodes(), ElementsAre("a"));
}

TEST_F(Rules, N11_WhatALostNodeRanGoesToTheSurvivorWithinTenSeconds) {
  start(2);
  active("in:2 exactly-once");
  TimeNs killed = world->now;
  world->kill_node("b", true);
  EXPECT_TRUE(world->run_until_holds(
      [&] { return incarnation() == 2 && world->status("dns") == TopologyStatus::active; },
      20 * ns_per_s));
  EXPECT_LT(world->now - killed, 10 * ns_per_s);
  EXPECT_THAT(nodes(), ElementsAre("a"));
}

TEST_F(Rules, N12_ANodeThatWasStoppedForLongEndsItsWorkersBeforeAnythingElse) {
  start(3);
  std::string id = active("in:3");
  world->pause_node("c", true);
  world->run_for(20 * ns_per_s);
  EXPECT_THAT(nodes(), ElementsAre("a", "b"));
  EXPECT_EQ(world->live_workers(id), 3u);  // one of them is stopped
  world->resume_node("c");
  world->run_for(ns_per_s);
  EXPECT_EQ(world->live_workers(id), 2u);
  EXPECT_EQ(world->node("c")->status, NodeStatus::alive);
}

TEST_F(Rules, ANodeThatIsStartedAnewIsAtOnceKnownToRunNothing) {
  start(1);
  active("in exactly-once");
  world->kill_node("a", false);
  world->start_node("a");
  EXPECT_TRUE(world->run_until_holds([&] { return incarnation() == 2; }, 2 * ns_per_s));
  EXPECT_TRUE(reaches(TopologyStatus::active));
}

TEST_F(Rules, AnotherNodeOfTheSameNameIsRefusedWhileTheFirstIsAlive) {
  start(2);
  Report twin;
  twin.node = "a";
  twin.session = "another";
  twin.sequence = 1;
  world->ask([&](Coordinator& machine, TimeNs now, TimeNs wall) {
    twin.wall = wall;
    machine.take(twin, now, wall);
  });
  EXPECT_THAT(world->node("a")->reason, HasSubstr("another node of this name"));
  EXPECT_EQ(world->node("a")->status, NodeStatus::alive);
}

TEST_F(Rules, AForeignProtocolAndAClockThatIsOffAreRefused) {
  start(1);
  auto report = [&](const char* name, auto change) {
    Report one;
    one.node = one.session = name;
    one.sequence = 1;
    world->ask([&](Coordinator& machine, TimeNs now, TimeNs wall) {
      one.wall = wall;
      change(one);
      machine.take(one, now, wall);
    });
    return world->node(name)->reason;
  };
  EXPECT_THAT(report("old", [](Report& one) { one.protocol = 0; }), HasSubstr("protocol"));
  EXPECT_THAT(report("late", [](Report& one) { one.wall -= 2 * ns_per_s; }),
              HasSubstr("2s behind"));
  EXPECT_EQ(report("newer", [](Report& one) { one.version = "1.1"; }), "");
}

TEST_F(Rules, AFailingTopologyIsTriedAgainWithGrowingPauses) {
  WorldSettings settings;
  settings.worker_failure = 1;
  start(1, settings);
  submit("in");
  EXPECT_TRUE(reaches(TopologyStatus::failed));
  EXPECT_THAT(world->topology("dns")->reason, HasSubstr("cannot open its sink"));
  world->run_for(60 * ns_per_s);
  std::uint64_t tries = incarnation();
  EXPECT_GE(tries, 5u);
  world->run_for(60 * ns_per_s);
  EXPECT_LE(incarnation() - tries, 3u);
}

// --- changes
// --------------------------------------------------------------------------------------

TEST_F(Rules, N6_ARebalanceSpreadsOverNodesThatHaveJoined) {
  start(1);
  active("in:3");
  world->add_node("b");
  world->add_node("c");
  world->run_for(5 * ns_per_s);
  EXPECT_THAT(nodes(), ElementsAre("a"));
  ASSERT_TRUE(rebalance({}).ok());
  EXPECT_TRUE(world->run_until_holds([&] { return incarnation() == 2; }, 5 * ns_per_s));
  EXPECT_THAT(nodes(), ElementsAre("a", "b", "c"));
}

TEST_F(Rules, N6_NumbersOfExecutorsAreChecked) {
  start(1);
  active("in:2/4");
  EXPECT_THAT(rebalance({{"in", 0}}).error().what, HasSubstr("1 to 4 executors, not 0"));
  EXPECT_THAT(rebalance({{"in", 5}}).error().what, HasSubstr("not 5"));
  EXPECT_THAT(rebalance({{"out", 1}}).error().what, HasSubstr("no component 'out'"));
  ASSERT_TRUE(rebalance({{"in", 4}}).ok());
  EXPECT_TRUE(world->run_until_holds([&] { return incarnation() == 2; }, 5 * ns_per_s));
  EXPECT_EQ(world->topology("dns")->shape.executors.size(), 4u);
}

TEST_F(Rules, APlannedChangeTakesACheckpointFirst) {
  start(2);
  active("in:2 count:2 exactly-once");
  world->run_for(1500 * ns_per_ms);
  std::uint64_t before = world->topology("dns")->record.checkpoint;
  ASSERT_TRUE(
      told([](auto& machine, TimeNs now, TimeNs) { return machine.drain("b", true, now); }).ok());
  EXPECT_TRUE(world->run_until_holds([&] { return incarnation() == 2; }, 5 * ns_per_s));
  EXPECT_GT(world->topology("dns")->record.checkpoint, before);
  EXPECT_THAT(nodes(), ElementsAre("a"));
  EXPECT_EQ(world->node("b")->status, NodeStatus::draining);
}

TEST_F(Rules, ADrainThatLeavesNoPlaceMovesNothing) {
  start(1);
  active("in");
  ASSERT_TRUE(
      told([](auto& machine, TimeNs now, TimeNs) { return machine.drain("a", true, now); }).ok());
  world->run_for(5 * ns_per_s);
  EXPECT_EQ(world->status("dns"), TopologyStatus::active);
  EXPECT_THAT(world->topology("dns")->reason, HasSubstr("stays as it is"));
}

TEST_F(Rules, ResubmittingTellsWhatDiffersAndGoesOnFromTheCheckpointIfItFits) {
  start(1);
  active("in count exactly-once");
  world->run_for(2 * ns_per_s);
  auto replace = [&](const char* text) {
    return world->submit(submission("dns", text), {.replace = true});
  };
  EXPECT_THAT(replace("in  count  exactly-once")->changed, ElementsAre());
  world->run_for(3 * ns_per_s);
  EXPECT_EQ(incarnation(), 1u);
  EXPECT_THAT(replace("in count:2 exactly-once")->changed, ElementsAre("count"));
  EXPECT_TRUE(world->run_until_holds([&] { return incarnation() == 2; }, 5 * ns_per_s));
  EXPECT_NE(world->topology("dns")->record.checkpoint, 0u);
  EXPECT_TRUE(reaches(TopologyStatus::active));
  EXPECT_THAT(replace("in count:2!other exactly-once")->changed, ElementsAre("count"));
  EXPECT_TRUE(world->run_until_holds([&] { return incarnation() == 3; }, 5 * ns_per_s));
  EXPECT_TRUE(world->logged("it begins anew"));
}

TEST_F(Rules, AnInactiveTopologyIsReadyAndAsksItsSpoutsForNothing) {
  start(1);
  ASSERT_TRUE(world->submit(submission("dns", "in"), {.inactive = true}).ok());
  EXPECT_TRUE(reaches(TopologyStatus::inactive));
  EXPECT_FALSE(world->machines.at("a").workers.begin()->second.order.active);
  ASSERT_TRUE(
      told([](auto& machine, TimeNs now, TimeNs) { return machine.activate("dns", now); }).ok());
  world->run_for(ns_per_s);
  EXPECT_TRUE(world->machines.at("a").workers.begin()->second.order.active);
}

// --- a task on each node
// --------------------------------------------------------------------------

TEST_F(Rules, NodesThatJoinTogetherMakeOneChange) {
  start(1);
  active("in@capture* count");
  world->add_node("b", {"capture"});
  world->run_for(500 * ns_per_ms);
  world->add_node("c", {"capture"});
  world->run_for(10 * ns_per_s);
  EXPECT_EQ(incarnation(), 2u);
  EXPECT_THAT(nodes(), ElementsAre("a", "b", "c"));
}

TEST_F(Rules, ALostNodeIsWaitedForAndThenGoneOnWithout) {
  start(3);
  active("in@capture* count");
  world->kill_node("c", true);
  world->run_for(20 * ns_per_s);
  EXPECT_EQ(world->status("dns"), TopologyStatus::waiting);
  EXPECT_THAT(world->topology("dns")->reason, HasSubstr("lost: c"));
  world->run_for(60 * ns_per_s);
  EXPECT_EQ(world->status("dns"), TopologyStatus::active);
  EXPECT_THAT(nodes(), ElementsAre("a", "b"));
}

TEST_F(Rules, WhatIsBoundToALostNodeWaitsForIt) {
  start(3);
  active("in@=c count");
  world->kill_node("c", true);
  world->run_for(120 * ns_per_s);
  EXPECT_EQ(world->status("dns"), TopologyStatus::waiting);
  EXPECT_THAT(world->topology("dns")->reason, HasSubstr("bound to the node 'c'"));
  world->start_node("c");
  EXPECT_TRUE(reaches(TopologyStatus::active));
}

// --- coordinators
// ---------------------------------------------------------------------------------

TEST_F(Rules, AnotherLeaderTakesOverWithoutTouchingWorkers) {
  WorldSettings settings;
  settings.coordinators = 3;
  start(3, settings);
  world->run_for(3 * ns_per_s);
  std::string id = active("in:3 exactly-once");
  world->run_for(2 * ns_per_s);
  std::uint64_t written = world->checkpoints_written;
  for (std::size_t i = 0; i < 3; ++i)
    if (world->leaders[i]->machine->leads()) {
      world->kill_coordinator(static_cast<int>(i));
      break;
    }
  EXPECT_TRUE(world->run_until_holds([&] { return world->leader() != nullptr; }, 10 * ns_per_s));
  world->run_for(5 * ns_per_s);
  EXPECT_EQ(world->status("dns"), TopologyStatus::active);
  EXPECT_EQ(incarnation(), 1u);
  EXPECT_EQ(world->live_workers(id), 3u);
  EXPECT_GT(world->checkpoints_written, written);
}

TEST_F(Rules, AStoreThatFailsEndsTheLeadershipAndNothingElse) {
  start(2);
  std::string id = active("in:2");
  world->store_fails = true;
  (void)world->submit(submission("other", "in"));
  EXPECT_EQ(world->leader(), nullptr);
  world->run_for(5 * ns_per_s);
  world->store_fails = false;
  world->run_for(5 * ns_per_s);
  EXPECT_EQ(world->status("dns"), TopologyStatus::active);
  EXPECT_EQ(world->live_workers(id), 2u);
  EXPECT_FALSE(world->topology("other").has_value());
}

}  // namespace
}  // namespace dnstorm::cluster::testing
