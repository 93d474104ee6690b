#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/plan/fake_operators.hpp"

namespace dnstorm::plan {
namespace {

using testing::fields_of;
using testing::find;
using ::testing::HasSubstr;
using testing::plan_of;
using testing::problems_of;
using ::testing::SizeIs;

std::string tracked(const std::string& bolts, const std::string& streams) {
  return "name: t\nconfig: {topology.delivery: at-least-once}\n"
         "spouts: [{id: src, className: packets, properties: {file: f}}]\nbolts:\n" +
         bolts + "streams:\n" + streams;
}

// src -> a -> b -> a, and b -> sink, which reads the client.
const std::string loop = tracked(
    "- {id: a, className: filter, properties: {field: rcode}}\n"
    "- {id: b, className: filter, properties: {field: qtype}}\n"
    "- {id: sink, className: reads, properties: {fields: [client]}}\n",
    "- {from: b, to: a, grouping: {type: FIELDS, args: [qname]}}\n"
    "- {from: src, to: a}\n- {from: a, to: b}\n- {from: b, to: sink}\n");

TEST(Cycles, AreCutWhereTheyAreEntered) {
  Plan plan = plan_of(loop);
  ASSERT_TRUE(has_cycles(plan));
  ASSERT_THAT(plan.components, SizeIs(5));
  const ComponentPlan& feedback = plan.components.front();
  EXPECT_EQ(feedback.id, "__feedback");
  ASSERT_THAT(feedback.inputs, SizeIs(1));
  EXPECT_EQ(plan.components[feedback.inputs[0].component].id, "b");
  EXPECT_EQ(feedback.inputs[0].grouping, GroupingType::global);
  const ComponentPlan& a = find(plan, "a");
  ASSERT_THAT(a.inputs, SizeIs(2));
  EXPECT_EQ(plan.components[a.inputs[0].component].id, "src") << "what closes a cycle comes last";
  EXPECT_EQ(a.inputs[1].component, 0u);
  EXPECT_EQ(a.inputs[1].stream, 0u);
  EXPECT_EQ(a.inputs[1].grouping, GroupingType::fields);
  auto [source, stream] = source_of(plan, a.inputs[1]);
  EXPECT_EQ(plan.components[source].id, "b");
  EXPECT_EQ(stream, 0u);
}

TEST(Cycles, EveryOtherComponentComesAfterThoseThatFeedIt) {
  Plan plan = plan_of(loop);
  for (std::size_t i = 1; i < plan.components.size(); ++i)
    for (const InputPlan& input : plan.components[i].inputs) EXPECT_LT(input.component, i);
}

TEST(Cycles, KeepFieldsThatAreReadOnAnyWayRound) {
  Plan plan = plan_of(loop);
  // rcode is read by `a` only, but of what `b` sends back to it, too; qname groups.
  EXPECT_EQ(fields_of(plan, "src"), "qname, qtype, rcode, client");
  EXPECT_EQ(fields_of(plan, "b"), "qname, qtype, rcode, client");
  EXPECT_EQ(plan.components.front().outputs[0].schema, find(plan, "b").outputs[0].schema);
}

TEST(Cycles, TheFeedbackTakesTheLastTaskId) {
  Plan plan = plan_of(loop);
  EXPECT_EQ(find(plan, "a").first_task, 1u);
  EXPECT_EQ(plan.components.front().first_task, 5u);
}

TEST(Cycles, BoundTheRootsOfSpoutsThatSayNothing) {
  EXPECT_EQ(find(plan_of(loop), "src").spout_pending_max, 256u);
  std::string said = loop;
  said.replace(said.find("{topology.delivery"), 1, "{topology.max.spout.pending: 9, ");
  EXPECT_EQ(find(plan_of(said), "src").spout_pending_max, 9u);
}

TEST(Cycles, AreNotThereWithoutNeed) {
  Plan plan = plan_of(tracked("- {id: a, className: blind}\n", "- {from: src, to: a}\n"));
  EXPECT_FALSE(has_cycles(plan));
  EXPECT_EQ(find(plan, "src").spout_pending_max, 0u);
}

// a is entered first and cut; what is left, b -> c -> b, is a cycle still.
TEST(Cycles, MayLieWithinEachOther) {
  Plan plan = plan_of(
      tracked("- {id: a, className: filter, properties: {field: rcode}}\n"
              "- {id: b, className: filter, properties: {field: rcode}}\n"
              "- {id: c, className: filter, properties: {field: rcode}}\n",
              "- {from: src, to: a}\n- {from: a, to: b}\n- {from: b, to: c}\n- {from: c, to: a}\n"
              "- {from: c, to: b}\n"));
  ASSERT_THAT(plan.components.front().inputs, SizeIs(2));
  EXPECT_EQ(plan.components.front().outputs[0].name, "c/default");
  EXPECT_EQ(plan.components.front().outputs[1].name, "c/default");
  EXPECT_EQ(find(plan, "b").inputs.back().component, 0u);
  EXPECT_EQ(find(plan, "b").inputs.back().stream, 1u);
}

TEST(Cycles, FieldsOfWhatComesBackAreChecked) {
  EXPECT_EQ(
      problems_of(tracked("- {id: a, className: filter, properties: {field: rcode}}\n",
                          "- {from: src, to: a}\n"
                          "- {from: a, to: a, grouping: {type: FIELDS, args: [nam]}}\n")),
      "t:8:51: grouping of 'a': stream 'default' of 'a' has no field 'nam'; it has ts, qname, "
      "qtype, rcode, client\n");
}

TEST(Cycles, AreExplained) {
  std::string text = explain(plan_of(loop));
  EXPECT_THAT(text, HasSubstr("feedback __feedback (feedback): 1 executor, task 5\n"
                              "  <- b/default GLOBAL\n  -> b/default: "));
  EXPECT_THAT(text, HasSubstr("  <- b/default FIELDS [qname], closes a cycle: comes by way of "
                              "__feedback\n"));
}

}  // namespace
}  // namespace dnstorm::plan
