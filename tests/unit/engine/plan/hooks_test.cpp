// Hooks and system streams of a topology: what is found, and what a user is told if it is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engine/plan/fake_operators.hpp"

namespace dnstorm::plan {
namespace {

using testing::fields_of, testing::find, testing::plan_of, testing::problems_of;
using ::testing::SizeIs;

std::string with(const std::string& more, const std::string& bolt_config = "{}",
                 const std::string& streams = "") {
  return "name: t\n" + more +
         "spouts: [{id: src, className: packets, properties: {file: f}}]\n"
         "bolts: [{id: b, className: blind, config: " +
         bolt_config + "}]\nstreams:\n- {from: src, to: b}\n" + streams;
}

TEST(Hooks, of_the_topology_are_those_of_all_its_components) {
  Plan plan = plan_of(with("config: {topology.auto.task.hooks: [watch]}\n"));
  ASSERT_THAT(find(plan, "src").hooks, SizeIs(1));
  EXPECT_EQ(find(plan, "src").hooks[0]->name, "watch");
  EXPECT_THAT(find(plan, "b").hooks, SizeIs(1));
}

TEST(Hooks, of_a_component_are_its_own) {
  Plan plan = plan_of(with("", "{topology.auto.task.hooks: org.apache.storm.hooks.Watch}"));
  EXPECT_THAT(find(plan, "src").hooks, SizeIs(0));
  EXPECT_THAT(find(plan, "b").hooks, SizeIs(1));
}

TEST(Hooks, that_are_not_there_are_told_with_their_place) {
  EXPECT_EQ(
      problems_of(with("", "{topology.auto.task.hooks: [wach]}")),
      "t:3:44: 'b': no task hook is called 'wach', did you mean 'watch'? (`dnstorm operators` "
      "lists them)\n");
}

TEST(Hooks, F5_worker_hooks_are_present_with_their_options) {
  Plan plan =
      plan_of(with("components: [{id: where, className: value, constructorArgs: [there]}]\n"
                   "workerHooks:\n- {id: a, className: fetch, constructorArgs: [{ref: where}]}\n"
                   "- {id: c, className: fetch, properties: {url: here, times: 3}}\n"));
  ASSERT_THAT(plan.worker_hooks, SizeIs(2));
  EXPECT_EQ(plan.worker_hooks[0].id, "a");
  EXPECT_EQ(plan.worker_hooks[0].options.text("url"), "there");
  EXPECT_EQ(plan.worker_hooks[1].options.integer("times"), 3);
}

TEST(Hooks, worker_hooks_that_do_not_fit_are_told_with_their_place) {
  EXPECT_EQ(problems_of(with("workerHooks:\n- {id: a, className: fetsh}\n"
                             "- {id: c, className: fetch}\n"
                             "- {id: d, className: fetch, properties: {url: x, time: 2}}\n")),
            "t:3:22: worker hook 'a': no worker hook is called 'fetsh', did you mean 'fetch'? "
            "(`dnstorm operators` lists them)\n"
            "t:4:22: worker hook 'c' (fetch): option 'url' is missing (for tests)\n"
            "t:5:50: worker hook 'd' (fetch): unknown option 'time', did you mean 'times'?\n");
}

TEST(SystemStreams, bring_their_spout_only_if_they_are_read) {
  EXPECT_THAT(plan_of(with("")).components, SizeIs(2));
  Plan plan = plan_of(with("config: {topology.builtin.metrics.bucket.size.secs: 3}\n", "{}",
                           "- {from: __system, to: b, grouping: {type: SHUFFLE, streamId: "
                           "__metrics}}\n"));
  const ComponentPlan& system = find(plan, "__system");
  EXPECT_TRUE(system.is_spout());
  EXPECT_TRUE(system.ends_with_others);
  EXPECT_EQ(system.options.duration("metrics"), 3 * ns_per_s);
  EXPECT_EQ(system.options.duration("tick"), ns_per_s);
  EXPECT_EQ(fields_of(plan, "__system", 0), "-");
}

TEST(SystemStreams, that_are_not_there_are_told) {
  EXPECT_EQ(problems_of(with("", "{}",
                             "- {from: __system, to: b, grouping: {type: SHUFFLE, streamId: "
                             "__mtrics}}\n")),
            "t:6:63: '__system' has no stream '__mtrics' for 'b' to read, did you mean "
            "'__metrics'?\n");
}

TEST(SystemStreams, are_no_source_of_a_topology_alone) {
  EXPECT_EQ(problems_of("name: t\nbolts: [{id: b, className: blind}]\nstreams:\n"
                        "- {from: __system, to: b, grouping: {type: SHUFFLE, streamId: __tick}}\n"),
            "t: has no spout; a topology begins with at least one\n");
}

TEST(SystemStreams, every_component_has_one_of_its_own) {
  Plan plan = plan_of(
      with("", "{}", "- {from: src, to: b, grouping: {type: GLOBAL, streamId: __system}}\n"));
  const ComponentPlan& source = find(plan, "src");
  EXPECT_EQ(source.outputs.back().name, "__system");
  EXPECT_NE(source.outputs.back().schema, nullptr);
}

}  // namespace
}  // namespace dnstorm::plan
