#include "cluster/coordinator/tapped.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dnstorm::cluster {
namespace {

ClusterView view_of(std::size_t nodes) {
  TopologyView topology;
  topology.record.id = "dns-1-1";
  for (std::size_t i = 0; i < nodes; ++i)
    topology.record.assignment.node_of_executor.push_back("n" + std::to_string(i));
  ClusterView view;
  view.leads = true;
  view.topologies = {topology};
  return view;
}

std::string problem(const ClusterView& view, const std::string& topology) {
  auto whom = tapped(view, {"1", topology, "dns", "", 10});
  return whom.ok() ? "" : whom.error().what;
}

TEST(Tapped, AreTheNodesOfTheTopologyEachWithTheWholeRate) {
  Tapped whom = tapped(view_of(3), {"1", "dns-1-1", "dns", "", 100}).value();
  EXPECT_THAT(whom.nodes, ::testing::ElementsAre("n0", "n1", "n2"));
  EXPECT_EQ(whom.order, (TapOrder{"1", "dns-1-1", "dns", "", 100}));
}

TEST(Tapped, SendNoMoreTogetherThanTheCoordinatorCanTake) {
  EXPECT_EQ(tapped(view_of(200), {"1", "dns-1-1", "dns", "", 10'000})->order.rate, 50u);
  EXPECT_EQ(tapped(view_of(20'000), {"1", "dns-1-1", "dns", "", 10'000})->order.rate, 1u);
}

TEST(NodesOf, AreThoseOfATopologyWhileThisCoordinatorLeads) {
  ClusterView view = view_of(2);
  EXPECT_THAT(nodes_of(view, "dns-1-1"), ::testing::ElementsAre("n0", "n1"));
  EXPECT_THAT(nodes_of(view, "dns-2-2"), ::testing::IsEmpty());
  view.leads = false;
  EXPECT_THAT(nodes_of(view, "dns-1-1"), ::testing::IsEmpty());
}

TEST(Tapped, IsNothingOfWhatDoesNotRun) {
  ClusterView view = view_of(2);
  EXPECT_EQ(problem(view, "dns-1-1"), "");
  EXPECT_EQ(problem(view, "dns-2-2"), "the topology is gone");
  view.topologies.front().record.finished = 1;
  EXPECT_EQ(problem(view, "dns-1-1"), "the topology has finished");
  view.leads = false;
  EXPECT_EQ(problem(view, "dns-1-1"), "this coordinator does not lead any more");
}

}  // namespace
}  // namespace dnstorm::cluster
