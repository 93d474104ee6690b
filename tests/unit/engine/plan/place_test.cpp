// `place`, resources and what a rebalance asks for: what becomes of them in a plan.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/plan/fake_operators.hpp"

namespace dnstorm::plan {
namespace {

using testing::find;
using ::testing::HasSubstr;
using testing::plan_of;
using testing::problems_of;

std::string topology(const std::string& src, const std::string& bolt,
                     const std::string& grouping = "LOCAL_OR_SHUFFLE") {
  return "name: t\nspouts: [{id: src, className: packets, properties: {file: f}" + src +
         "}]\nbolts: [{id: b, " + bolt +
         "}]\nstreams: [{from: src, to: b, grouping: {type: " + grouping + "}}]\n";
}

constexpr char at_capture[] = ", place: {label: capture, per: node}";
constexpr char filter[] = "className: filter, properties: {field: rcode}";

TEST(Place, HasATaskOnEachNode) {
  std::string yaml = topology(at_capture, std::string(filter) + at_capture);
  Plan three = plan_of(yaml, {.nodes_by_label = {{"capture", 3}, {"centre", 5}}});
  EXPECT_EQ(find(three, "src").tasks, 3U);
  EXPECT_EQ(find(three, "src").executors, 3U);
  EXPECT_EQ(find(three, "b").tasks, 3U);
  EXPECT_EQ(find(three, "b").place, (PlaceRule{"capture", "", true, {}}));
  EXPECT_EQ(find(plan_of(yaml), "src").tasks, 1U);
  EXPECT_EQ(find(plan_of(yaml, {.nodes_by_label = {{"capture", 0}}}), "src").tasks, 1U);
}

TEST(Place, ChainsOnlyWhatHasTheSamePlace) {
  ExpandOptions two{.nodes_by_label = {{"capture", 2}}};
  auto chained = [&](const std::string& src, const std::string& bolt) {
    return find(plan_of(topology(src, filter + bolt), two), "b").chained_to.has_value();
  };
  EXPECT_TRUE(chained(at_capture, at_capture));
  EXPECT_TRUE(chained("", ""));
  EXPECT_TRUE(chained(", place: {label: x}", ", place: {label: x}"));
  EXPECT_FALSE(chained(", place: {label: x}", ""));
  EXPECT_FALSE(chained(", place: {label: x}", ", place: {label: x, apart: src}"));
  EXPECT_FALSE(chained(at_capture, ", parallelism: 2"));
}

TEST(Place, RefusesPerNodeWhatIsOneOrTorn) {
  EXPECT_EQ(problems_of(topology("", std::string("className: rank") + at_capture)),
            "t:3:34: 'b' (rank) has a task on each node but works as one only: place it without "
            "'per: node'\n");
  EXPECT_EQ(problems_of(topology(
                "", std::string("className: count, properties: {by: [qname]}") + at_capture)),
            "t:4:30: 'b' (count) has a task on each node and keeps state by [qname]: use grouping "
            "FIELDS with args [qname] from 'src', or parts (`partial`) that one task merges\n");
}

TEST(Place, KeepsStateOfANodeOnIt) {
  std::string count = std::string("className: count, properties: {by: [qname]}") + at_capture;
  EXPECT_EQ(problems_of(topology(at_capture, count), {.nodes_by_label = {{"capture", 2}}}), "");
  EXPECT_NE(problems_of(topology(", place: {label: edge, per: node}", count)), "");
  EXPECT_NE(problems_of(topology(at_capture, count, "SHUFFLE")), "");
}

TEST(Place, RefusesToBeApartFromNobody) {
  EXPECT_EQ(problems_of(topology("", std::string(filter) + ", place: {apart: [b, scr]}")),
            "t:3:79: 'b' is to be apart from 'scr', which is no component, did you mean 'src'?\n");
}

TEST(Place, TakesStormsResources) {
  Plan plan = plan_of(topology("", std::string(filter) +
                                       ", cpuLoad: 50, config: "
                                       "{topology.component.resources.offheap.memory.mb: 64}") +
                      "config: {topology.component.resources.onheap.memory.mb: 128, "
                      "topology.workers: 2}\n");
  EXPECT_EQ(find(plan, "b").cores, 0.5);
  EXPECT_EQ(find(plan, "b").memory, 192U << 20);
  EXPECT_EQ(find(plan, "src").cores, 0);
  EXPECT_EQ(find(plan, "src").memory, 128U << 20);
  EXPECT_EQ(plan.config.workers, 2U);
  EXPECT_EQ(plan_of(topology("", filter)).config.workers, 0U);
  EXPECT_THAT(
      problems_of(topology("", filter) + "config: {topology.component.cpu.pcore.percent: much}\n"),
      HasSubstr("t:5:10: config: option 'topology.component.cpu.pcore.percent' is a number"));
}

TEST(Place, IsExplained) {
  std::string text = explain(plan_of(topology(
      at_capture, std::string(filter) + ", place: {label: centre, apart: src}, cpuLoad: 150, "
                                        "onHeapMemoryLoad: 64")));
  EXPECT_THAT(text, HasSubstr("  placed on each node with the label capture\n"));
  EXPECT_THAT(text, HasSubstr("  placed on nodes with the label centre, apart from src, 1.5 cores "
                              "an executor, 64 MB an executor\n"));
  EXPECT_THAT(explain(plan_of(topology("", std::string(filter) + ", place: {node: n1}"))),
              HasSubstr("  placed on the node n1\n"));
}

TEST(Rebalanced, HasOtherExecutorsAndTheSameTasks) {
  std::string yaml = topology("", std::string(filter) + ", parallelism: 4");
  Plan plan = plan_of(yaml, {.executors = {{"b", 2}}});
  EXPECT_EQ(find(plan, "b").executors, 2U);
  EXPECT_EQ(find(plan, "b").tasks, 4U);
  EXPECT_EQ(find(plan_of(yaml, {.executors = {{"b", 9}}}), "b").executors, 4U);
}

TEST(Rebalanced, RefusesWhatCannotBe) {
  std::string yaml = topology(at_capture, filter);
  EXPECT_EQ(problems_of(yaml, {.executors = {{"a", 1}, {"b", 0}, {"src", 2}}}),
            "t: executors are asked for of 'a', which is no component\n"
            "t: 'b' is to have no executor; it needs at least one\n"
            "t: executors are asked for of 'src', which has one on each node\n");
}

}  // namespace
}  // namespace dnstorm::plan
