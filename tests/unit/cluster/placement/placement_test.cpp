#include "cluster/placement/placement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/cluster/placement/cluster_shapes.hpp"

namespace dnstorm::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Nodes = std::vector<std::string>;

Nodes placed(const TopologyShape& shape, const std::vector<Offer>& offers, Nodes previous = {},
             bool spread = false) {
  Placement placement = place({shape, offers, std::move(previous), {}, spread});
  EXPECT_THAT(placement.reasons(), IsEmpty());
  return placement.node_of_executor;
}

Nodes reasons(const TopologyShape& shape, const std::vector<Offer>& offers) {
  return place({shape, offers, {}, {}, false}).reasons();
}

std::vector<int> counts(const Nodes& nodes) {
  std::map<std::string, int> by_node;
  for (const std::string& node : nodes) ++by_node[node];
  std::vector<int> counts;
  for (auto& [node, count] : by_node) counts.push_back(count);
  std::sort(counts.rbegin(), counts.rend());
  return counts;
}

PlaceRule label(const std::string& name) { return {name, "", false, {}}; }
PlaceRule per_node(const std::string& name) { return {name, "", true, {}}; }
PlaceRule on_node(const std::string& name) { return {"", name, false, {}}; }
PlaceRule apart(Nodes others) { return {"", "", false, std::move(others)}; }

TEST(Placement, DealsEvenly) {
  EXPECT_THAT(counts(placed(shape_of({{"spout", 6}, {"bolt", 4}}), offers_of(4))),
              ElementsAre(3, 3, 2, 2));
}

TEST(Placement, TakesEmptierNodesFirst) {
  auto offers = offers_of(3);
  offers[0].executors_used = 2;
  offers[1].executors_used = 1;
  EXPECT_THAT(placed(shape_of({{"a", 2}}), offers), ElementsAre("n3", "n2"));
}

TEST(Placement, DealsTheHeaviestFirst) {
  auto offers = offers_of(2);
  for (Offer& offer : offers) offer.cores = 4;
  // In the order of their numbers the light ones would leave no room for the heavy ones.
  EXPECT_THAT(placed(shape_of({{"light", 2, {}, 1}, {"heavy", 2, {}, 3}}), offers),
              ElementsAre("n1", "n2", "n1", "n2"));
}

TEST(Placement, KeepsTalkersTogetherOnATie) {
  auto shape = shape_of({{"a", 1}, {"b", 1}, {"c", 1, {}, 0, 0, {"b"}}, {"d", 1, {}, 0, 0, {"a"}}});
  EXPECT_THAT(placed(shape, offers_of(2)), ElementsAre("n1", "n2", "n2", "n1"));
}

// Storm's N8: as many nodes as `topology.workers` asks for, or as there are, or as executors.
TEST(Placement, UsesAsManyNodesAsWorkersAskedFor) {
  auto shape = shape_of({{"a", 12}, {"b", 6}, {"c", 8}, {"d", 4}});
  shape.workers = 4;
  EXPECT_THAT(counts(placed(shape, offers_of(6))), ElementsAre(8, 8, 7, 7));
  shape.workers = 20;
  EXPECT_THAT(counts(placed(shape, offers_of(4))), ElementsAre(8, 8, 7, 7));

  auto large = shape_of({{"a", 42}});
  large.workers = 7;
  EXPECT_THAT(counts(placed(large, offers_of(10))), ElementsAre(6, 6, 6, 6, 6, 6, 6));

  auto small = shape_of({{"two_tasks_of_one", 1}, {"b", 1}});
  small.workers = 4;
  EXPECT_THAT(counts(placed(small, offers_of(4))), ElementsAre(1, 1));
}

// N9 without isolation: others' executors make a topology go elsewhere; nothing moves afterwards.
TEST(Placement, StaysOnceItIsPlaced) {
  auto offers = offers_of(6);
  for (std::size_t i = 0; i < 3; ++i) offers[i].executors_used = 6;
  auto shape = shape_of({{"a", 6}});
  shape.workers = 3;
  Nodes first = placed(shape, offers);
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()),
            (std::set<std::string>{"n4", "n5", "n6"}));
  for (std::size_t i = 3; i < 6; ++i) offers[i].executors_used = 20;
  EXPECT_EQ(placed(shape, offers, first), first);
}

// N11: one of two nodes vanishes, all ends on the survivor.
TEST(Placement, MovesToTheSurvivor) {
  auto shape = shape_of({{"a", 2}, {"b", 2}});
  shape.workers = 2;
  Nodes first = placed(shape, offers_of(2));
  EXPECT_THAT(counts(first), ElementsAre(2, 2));
  EXPECT_THAT(placed(shape, offers_of(1), first), ElementsAre("n1", "n1", "n1", "n1"));
}

TEST(Placement, MovesOnlyWhatWasOnTheLostNode) {
  Nodes before = {"n1", "n2", "n3", "n1", "n2", "n3"};
  auto offers = offers_of(3);
  offers.erase(offers.begin() + 1);
  EXPECT_THAT(placed(shape_of({{"a", 6}}), offers, before),
              ElementsAre("n1", "n1", "n3", "n1", "n3", "n3"));
}

TEST(Placement, MovesNothingToANewNode) {
  Nodes before = {"n1", "n2", "n1", "n2", "n1", "n2"};
  EXPECT_EQ(placed(shape_of({{"a", 6}}), offers_of(3), before), before);
}

TEST(Placement, SpreadsToANewNodeByFewMoves) {
  Nodes before = {"n1", "n2", "n1", "n2", "n1", "n2"};
  Nodes after = placed(shape_of({{"a", 6}}), offers_of(3), before, true);
  EXPECT_THAT(counts(after), ElementsAre(2, 2, 2));
  int moved = 0;
  for (std::size_t i = 0; i < after.size(); ++i) moved += after[i] != before[i];
  EXPECT_EQ(moved, 2);
}

TEST(Placement, SpreadsOverOtherTopologiesToo) {
  auto offers = offers_of(2);
  offers[0].executors_used = 4;
  EXPECT_THAT(placed(shape_of({{"a", 1}}), offers, {"n1"}, true), ElementsAre("n2"));
}

TEST(Placement, MovesOffADrainedNode) {
  auto offers = offers_of(2);
  offers[0].drained = true;
  EXPECT_THAT(placed(shape_of({{"a", 2}}), offers, {"n1", "n2"}), ElementsAre("n2", "n2"));
}

TEST(Placement, FollowsLabels) {
  auto offers = offers_of(4);
  offers[2].labels = {"centre", "big"};
  EXPECT_THAT(placed(shape_of({{"merge", 2, label("centre")}}), offers), ElementsAre("n3", "n3"));
  EXPECT_THAT(placed(shape_of({{"parse", 1, on_node("n2")}}), offers), ElementsAre("n2"));
}

TEST(Placement, RunsATaskOnEachNodeInTheOrderOfTheirNames) {
  auto offers = offers_of(4);
  for (std::size_t i : {3U, 0U, 2U}) offers[i].labels = {"capture"};
  std::swap(offers[0], offers[3]);
  EXPECT_THAT(nodes_with_label(offers, "capture"), ElementsAre("n1", "n3", "n4"));
  auto shape = shape_of({{"pcap", 3, per_node("capture")}, {"count", 3, per_node("capture")}});
  EXPECT_THAT(placed(shape, offers), ElementsAre("n1", "n3", "n4", "n1", "n3", "n4"));
}

TEST(Placement, RunsATaskOnTheNodesThatItIsTold) {
  auto offers = offers_of(3);
  for (Offer& offer : offers) offer.labels = {"capture"};
  auto shape = shape_of({{"pcap", 2, per_node("capture")}});
  Placement placement = place({shape, offers, {}, {{"capture", {"n3", "n9"}}}, false});
  EXPECT_THAT(placement.node_of_executor, ElementsAre("n3", ""));
  EXPECT_THAT(placement.reasons(),
              ElementsAre("'pcap' runs on each node with the label 'capture': that of task 1 is "
                          "not there or drained; there: n1, n2, n3"));
}

TEST(Placement, KeepsWithinCoresAndMemory) {
  auto offers = offers_of(2);
  offers[0].cores = 2;
  offers[1].cores = 4;
  offers[1].cores_used = 1;
  EXPECT_THAT(placed(shape_of({{"a", 3, {}, 1.5}}), offers), ElementsAre("n1", "n2", "n2"));

  auto memory = offers_of(2);
  memory[0].memory = 100;
  EXPECT_THAT(placed(shape_of({{"a", 2, {}, 0, 200}}), memory), ElementsAre("n2", "n2"));
}

TEST(Placement, KeepsApart) {
  Nodes nodes = placed(shape_of({{"a", 2}, {"b", 2, apart({"a"})}}), offers_of(2));
  EXPECT_EQ(nodes[0], nodes[1]);
  EXPECT_EQ(nodes[2], nodes[3]);
  EXPECT_NE(nodes[0], nodes[2]);
  EXPECT_THAT(counts(placed(shape_of({{"a", 3, apart({"a"})}}), offers_of(3))),
              ElementsAre(1, 1, 1));
}

TEST(Placement, MovesWhatIsInTheWay) {
  auto shape = shape_of({{"a", 1}, {"b", 1, {"", "n1", false, {"a"}}}});
  EXPECT_THAT(placed(shape, offers_of(2), {"n1", ""}), ElementsAre("n2", "n1"));
}

TEST(Placement, TellsWhatIsMissing) {
  auto offers = offers_of(2);
  offers[0].labels = {"capture"};
  offers[1].labels = {"edge"};
  EXPECT_THAT(reasons(shape_of({{"parse", 2, label("centre")}}), offers),
              ElementsAre("'parse' wants a node with the label 'centre': there is none; labels "
                          "known: capture, edge"));
  EXPECT_THAT(reasons(shape_of({{"parse", 1, on_node("fra1")}}), offers),
              ElementsAre("'parse' is bound to the node 'fra1': it is not there; nodes: n1, n2"));
  EXPECT_THAT(reasons(shape_of({{"a", 3, apart({"a"})}}), offers),
              ElementsAre("'a' fits on no node: on n1 is 'a', on n2 is 'a'"));
  EXPECT_THAT(reasons(shape_of({{"a", 1}}), {}),
              ElementsAre("'a' waits for a node: there is none"));
  offers[1].drained = true;
  EXPECT_THAT(reasons(shape_of({{"a", 1, label("edge")}}), offers),
              ElementsAre("'a' wants a node with the label 'edge': all are drained (n2)"));
}

TEST(Placement, TellsWhatIsShort) {
  auto offers = offers_of(2);
  for (Offer& offer : offers) offer.cores = 2;
  offers[0].cores_used = 1;
  offers[1].cores_used = 0.5;
  EXPECT_THAT(reasons(shape_of({{"parse", 1, {}, 4}}), offers),
              ElementsAre("'parse' needs 4.0 cores, the most that is free is 1.5 on n2"));
  for (Offer& offer : offers) offer.memory = 512 << 20;
  EXPECT_THAT(reasons(shape_of({{"parse", 1, {}, 0, 1 << 30}}), offers),
              ElementsAre("'parse' needs 1024 MB, the most that is free is 512 MB on n1"));
  offers[0].memory = 0;
  EXPECT_THAT(reasons(shape_of({{"parse", 1, {}, 1.4, 1 << 30}}), offers),
              ElementsAre("'parse' fits on no node: on n1 are 1.0 of 1.4 cores free, on n2 are 512 "
                          "MB of 1024 MB free"));
  auto shape = shape_of({{"a", 1, on_node("n1")}, {"b", 1, on_node("n2")}});
  shape.workers = 1;
  EXPECT_THAT(reasons(shape, offers),
              ElementsAre("topology.workers allows 1 node, which are n1: 'b' may run on none of "
                          "them"));
}

TEST(Placement, CarriesNodesOverToAnotherPlan) {
  auto before = shape_of({{"a", 2}, {"b", 1}});
  auto now = shape_of({{"a", 3}, {"c", 1}, {"b", 1}});
  EXPECT_THAT(carry_over(before, {"n1", "n2", "n3"}, now), ElementsAre("n1", "n2", "", "", "n3"));
}

}  // namespace
}  // namespace dnstorm::cluster
