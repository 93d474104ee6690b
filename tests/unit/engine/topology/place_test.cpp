// `place` of spouts and bolts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/topology/topology.hpp"

namespace dnstorm::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ReadResult read_bolt(const std::string& more) {
  return read_text("name: t\nbolts:\n- {id: a, className: c, " + more + "}\n", "t");
}

PlaceRule rule_of(const std::string& place) {
  ReadResult read = read_bolt("place: " + place);
  EXPECT_TRUE(read.ok()) << place;
  return read.topology.bolts.at(0).rule;
}

std::string problems_of(const std::string& more) {
  std::string text;
  for (const Diagnostic& problem : read_bolt(more).problems) text += to_string("t", problem) + "\n";
  return text;
}

TEST(Place, IsRead) {
  PlaceRule capture = rule_of("{label: capture, per: node}");
  EXPECT_EQ(capture.label, "capture");
  EXPECT_TRUE(capture.per_node);
  EXPECT_THAT(capture.apart, IsEmpty());
  EXPECT_EQ(rule_of("{node: fra1}").node, "fra1");
  EXPECT_THAT(rule_of("{label: centre, apart: [b, a]}").apart, ElementsAre("b", "a"));
  EXPECT_THAT(rule_of("{apart: a}").apart, ElementsAre("a"));
  EXPECT_TRUE(rule_of("{per: node}").per_node);
}

TEST(Place, SaysWhatIsWrong) {
  struct Row {
    std::string yaml, wanted;
  };
  for (const Row& row : std::vector<Row>{
           {"place: centre",
            "t:3:32: 'place' of bolt 'a' is a map of 'key: value', not a single value\n"},
           {"place: {lable: x}",
            "t:3:33: unknown key 'lable' of 'place' of bolt 'a', did you mean 'label'?\n"},
           {"place: {label: ''}", "t:3:40: 'label' of 'place' of bolt 'a' is empty\n"},
           {"place: {label: [x]}",
            "t:3:33: 'label' of 'place' of bolt 'a' is a single value, not a list\n"},
           {"place: {per: rack}",
            "t:3:38: 'per' of 'place' of bolt 'a' is node: one task on each node, not 'rack'\n"},
           {"place: {node: n1, label: x}",
            "t:3:25: 'place' of bolt 'a' names a node and a label; one of them is enough\n"},
           {"place: {node: n1, per: node}",
            "t:3:25: 'place' of bolt 'a' names a node and per; one of them is enough\n"},
           {"parallelism: 2, place: {per: node}",
            "t:3:38: bolt 'a' has 'per: node' and so one task on each node: neither parallelism "
            "nor a number of tasks is of use\n"},
           {"config: {topology.tasks: 2}, place: {per: node}",
            "t:3:50: bolt 'a' has 'per: node' and so one task on each node: neither parallelism "
            "nor a number of tasks is of use\n"},
           {"place: {apart: {x: y}}",
            "t:3:33: 'apart' takes a value or a list of values, not a map\n"}})
    EXPECT_EQ(problems_of(row.yaml), row.wanted) << row.yaml;
}

}  // namespace
}  // namespace dnstorm::topology
