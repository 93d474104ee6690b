#include <gtest/gtest.h>

#include "engine/plan/plan.hpp"
#include "tests/unit/engine/plan/fake_operators.hpp"

namespace dnstorm::plan {
namespace {

Rescaling of(StateScope state, const std::vector<InputPlan>& inputs) {
  static const OperatorDef bolt{};
  ComponentPlan component;
  component.op = &bolt;
  component.state = state;
  component.inputs = inputs;
  return rescaling(component);
}

InputPlan by(GroupingType grouping, std::vector<std::string> fields = {}) {
  return {0, 0, grouping, std::move(fields)};
}

const InputPlan by_name = by(GroupingType::fields, {"qname"});
const InputPlan by_type = by(GroupingType::fields, {"qtype"});
const InputPlan shuffled = by(GroupingType::shuffle);
const InputPlan global = by(GroupingType::global);

TEST(Rescaling, AStateByKeyFollowsItsFieldsGrouping) {
  EXPECT_EQ(of(StateScope::keyed, {by_name}), Rescaling::by_group);
  EXPECT_EQ(of(StateScope::keyed, {by_name, by_name}), Rescaling::by_group);
  EXPECT_EQ(of(StateScope::keyed, {global, global}), Rescaling::to_first_task);
}

TEST(Rescaling, AStateByKeyIsTornByOtherGroupings) {
  EXPECT_EQ(of(StateScope::keyed, {by_name, by_type}), Rescaling::torn);
  EXPECT_EQ(of(StateScope::keyed, {by_name, global}), Rescaling::torn);
  EXPECT_EQ(of(StateScope::keyed, {shuffled}), Rescaling::torn);
}

TEST(Rescaling, PartsMayBeInAnyTaskButNotCopies) {
  EXPECT_EQ(of(StateScope::partial, {shuffled, by_name}), Rescaling::by_group);
  EXPECT_EQ(of(StateScope::partial, {by(GroupingType::partial_key, {"qname"})}),
            Rescaling::by_group);
  EXPECT_EQ(of(StateScope::partial, {by(GroupingType::all)}), Rescaling::torn);
}

TEST(Rescaling, WithoutStateAnythingGoes) {
  EXPECT_EQ(of(StateScope::none, {by(GroupingType::all), shuffled}), Rescaling::by_group);
}

TEST(Rescaling, WhatBelongsToATaskStaysThere) {
  EXPECT_EQ(of(StateScope::task, {by_name}), Rescaling::not_by_key);
  Plan plan = testing::plan_of(
      "name: t\nspouts: [{id: src, className: packets, properties: {file: f}}]\n"
      "bolts: [{id: sink, className: blind}]\nstreams: [{from: src, to: sink}]\n");
  EXPECT_EQ(rescaling(testing::find(plan, "src")), Rescaling::spout);
}

// The states of a checkpoint are divided anew.
TEST(Fingerprint, DoesNotDependOnNumbersOfTasks) {
  auto plan = [](const std::string& tasks, const std::string& key) {
    return testing::plan_of(
        "name: t\nspouts: [{id: src, className: packets, properties: {file: f}}]\n"
        "bolts:\n- {id: n, className: count, parallelism: " +
        tasks + ", properties: {by: [" + key +
        "]}}\n- {id: sink, className: reads, properties: {fields: [count]}}\n"
        "streams:\n- {from: src, to: n, grouping: {type: FIELDS, args: [" +
        key + "]}}\n- {from: n, to: sink}\n");
  };
  EXPECT_EQ(fingerprint(plan("2", "qtype")), fingerprint(plan("5", "qtype")));
  EXPECT_NE(fingerprint(plan("2", "qtype")), fingerprint(plan("2", "qname")));
}

}  // namespace
}  // namespace dnstorm::plan
