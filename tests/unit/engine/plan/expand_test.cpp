#include <gtest/gtest.h>

#include "tests/unit/engine/plan/fake_operators.hpp"

namespace dnstorm::plan {
namespace {

using ::testing::ElementsAre;
using testing::expand_text;
using testing::fields_of;
using testing::find;
using testing::plan_of;

constexpr char spout[] =
    "name: t\nspouts: [{id: src, className: packets, properties: {file: f}}]\n";

std::string with(const std::string& bolts, const std::string& streams) {
  return std::string(spout) + "bolts:\n" + bolts + "streams:\n" + streams;
}

// src -> zcount (by qtype, 5 tasks on 2 executors) -> sink
const std::string counting = with(
    "- {id: sink, className: reads, properties: {fields: [count]}}\n"
    "- {id: zcount, className: count, parallelism: 2, numTasks: 5, properties: {by: [qtype]}}\n",
    "- {from: zcount, to: sink}\n"
    "- {from: src, to: zcount, grouping: {type: FIELDS, args: [qtype]}}\n");

TEST(Expand, PutsEveryComponentAfterThoseThatFeedIt) {
  Plan plan = plan_of(counting);
  ASSERT_EQ(plan.components.size(), 3u);
  EXPECT_EQ(plan.components[0].id, "src");
  EXPECT_EQ(plan.components[1].id, "zcount");
  EXPECT_EQ(plan.components[2].id, "sink");
  ASSERT_EQ(plan.components[2].inputs.size(), 1u);
  EXPECT_EQ(plan.components[2].inputs[0].component, 1u);
  EXPECT_EQ(plan.components[1].inputs[0].component, 0u);
  EXPECT_EQ(plan.components[1].inputs[0].grouping, GroupingType::fields);
  EXPECT_THAT(plan.components[1].inputs[0].fields, ElementsAre("qtype"));
}

TEST(Expand, ParsesOptions) {
  Plan plan = plan_of(counting);
  EXPECT_EQ(find(plan, "src").options.text("file"), "f");
  EXPECT_EQ(find(plan, "src").options.integer("limit"), 10);
  EXPECT_EQ(find(plan, "zcount").options.duration("window"), 10 * ns_per_s);
  EXPECT_TRUE(find(plan, "src").is_spout());
  EXPECT_FALSE(find(plan, "sink").is_spout());
}

TEST(Expand, NumbersTasksAlphabeticallyFromOne) {
  Plan plan = plan_of(counting);
  EXPECT_EQ(find(plan, "sink").first_task, 1u);
  EXPECT_EQ(find(plan, "src").first_task, 2u);
  EXPECT_EQ(find(plan, "zcount").first_task, 3u);
  EXPECT_EQ(plan.task_count, 7u);
}

TEST(Expand, DividesTasksEvenlyAndInOrder) {
  Plan plan = plan_of(counting);
  const ComponentPlan& count = find(plan, "zcount");
  EXPECT_EQ(count.executors, 2u);
  EXPECT_EQ(count.tasks, 5u);
  EXPECT_EQ(executor_tasks(count, 0), std::pair(0u, 3u));
  EXPECT_EQ(executor_tasks(count, 1), std::pair(3u, 5u));
  ComponentPlan many;
  many.executors = 7;
  many.tasks = 23;
  std::uint32_t next = 0;
  for (std::uint32_t i = 0; i < many.executors; ++i) {
    auto [first, last] = executor_tasks(many, i);
    EXPECT_EQ(first, next);
    EXPECT_TRUE(last - first == 3 || last - first == 4);
    next = last;
  }
  EXPECT_EQ(next, 23u);
}

TEST(Expand, FewerTasksThanExecutorsMeansFewerExecutors) {
  Plan plan = plan_of(
      with("- {id: b, className: blind, parallelism: 4, numTasks: 2}\n", "- {from: src, to: b}\n"));
  EXPECT_EQ(find(plan, "b").executors, 2u);
  EXPECT_EQ(find(plan, "b").tasks, 2u);
}

TEST(Expand, FindsOperatorsByAlias) {
  Plan plan =
      plan_of(with("- {id: c, className: org.apache.storm.Count}\n", "- {from: src, to: c}\n"));
  EXPECT_EQ(find(plan, "c").op->name, "count");
}

TEST(Expand, ReadsTheConfig) {
  EXPECT_EQ(plan_of(counting).config.credits, 16u);
  Plan plan = plan_of(counting +
                      "config: {topology.threads: 3, topology.edge.credits: 8, "
                      "topology.scheduler: stealing, topology.workers: 2, topology.debug: true}\n");
  EXPECT_EQ(plan.config.threads, 3u);
  EXPECT_EQ(plan.config.credits, 8u);
  EXPECT_EQ(plan.config.scheduler, "stealing");
  EXPECT_EQ(plan.name, "t");
}

TEST(Expand, EdgesOfRowsThatAreTrackedAloneHaveFewerCredits) {
  const std::string each = "config: {topology.delivery: at-least-once, topology.acking: tuple";
  EXPECT_EQ(plan_of(counting + each + "}\n").config.credits, 4u);
  EXPECT_EQ(plan_of(counting + each + ", topology.edge.credits: 16}\n").config.credits, 16u);
  EXPECT_EQ(plan_of(counting + "config: {topology.delivery: at-least-once}\n").config.credits, 16u);
}

// -- parallelism from the command line -----------------------------------------------------------

TEST(Expand, ParallelismOverridesWhateverMayHaveSeveralTasks) {
  const std::string yaml = with(
      "- {id: keyed, className: count, properties: {by: [qtype]}}\n"
      "- {id: total, className: count}\n"
      "- {id: torn, className: count, properties: {by: [qtype]}}\n"
      "- {id: sink, className: blind, numTasks: 2}\n",
      "- {from: src, to: keyed, grouping: {type: FIELDS, args: [qtype]}}\n"
      "- {from: src, to: total}\n"
      "- {from: src, to: torn}\n"
      "- {from: src, to: sink}\n");
  Plan plan = plan_of(yaml, {4});
  auto shape = [&](const char* id) {
    return std::pair(find(plan, id).executors, find(plan, id).tasks);
  };
  EXPECT_EQ(shape("src"), std::pair(1u, 1u)) << "a spout is never multiplied";
  EXPECT_EQ(shape("keyed"), std::pair(4u, 4u));
  EXPECT_EQ(shape("total"), std::pair(1u, 1u)) << "one task is all that makes sense";
  EXPECT_EQ(shape("torn"), std::pair(1u, 1u)) << "its grouping would tear the keys apart";
  EXPECT_EQ(shape("sink"), std::pair(4u, 4u));
}

TEST(Expand, ParallelismHasALimit) {
  EXPECT_EQ(testing::problems_of(counting, {1025}),
            "t: a parallelism of 1025 is asked for; at most 1024 is possible\n");
}

// -- pruning -------------------------------------------------------------------------------------

TEST(Prune, KeepsWhatIsReadAndWhatIsGroupedBy) {
  Plan plan =
      plan_of(with("- {id: a, className: reads, properties: {fields: [rcode]}}\n"
                   "- {id: b, className: reads, properties: {fields: [qtype]}}\n",
                   "- {from: src, to: a}\n"
                   "- {from: src, to: b, grouping: {type: FIELDS, args: [client]}}\n"));
  EXPECT_EQ(fields_of(plan, "src"), "qtype, rcode, client");
  EXPECT_EQ(fields_of(plan, "src", 1), "-") << "nobody reads the drops";
}

TEST(Prune, ReadersThatOnlyCountRowsLeaveASchemaWithoutFields) {
  Plan plan = plan_of(with("- {id: a, className: blind}\n", "- {from: src, to: a}\n"));
  ASSERT_NE(find(plan, "src").outputs[0].schema, nullptr);
  EXPECT_EQ(find(plan, "src").outputs[0].schema->size(), 0u);
  EXPECT_EQ(find(plan, "src").outputs[0].schema->row_size(), 8u);
}

TEST(Prune, TimeIsKeptOnlyIfRead) {
  Plan plan = plan_of(
      with("- {id: a, className: count, properties: {by: rcode}}\n", "- {from: src, to: a}\n"));
  EXPECT_EQ(fields_of(plan, "src"), "ts, rcode");
  EXPECT_EQ(fields_of(plan, "a"), "-");
}

TEST(Prune, LooksThroughForwardingStreams) {
  Plan plan =
      plan_of(with("- {id: f, className: filter, properties: {field: rcode}}\n"
                   "- {id: g, className: filter, properties: {field: qtype}}\n"
                   "- {id: a, className: reads, properties: {fields: [qname]}}\n"
                   "- {id: r, className: reads, properties: {fields: [reason]}}\n",
                   "- {from: src, to: f}\n"
                   "- {from: f, to: g}\n"
                   "- {from: g, to: a, grouping: {type: FIELDS, args: [client]}}\n"
                   "- {from: g, to: r, grouping: {type: SHUFFLE, streamId: refused}}\n"));
  EXPECT_EQ(fields_of(plan, "src"), "qname, qtype, rcode, client");
  // The rows pass through both filters as they are: one schema, not two equal ones.
  EXPECT_EQ(find(plan, "f").outputs[0].schema, find(plan, "src").outputs[0].schema);
  EXPECT_EQ(find(plan, "g").outputs[0].schema, find(plan, "src").outputs[0].schema);
  EXPECT_EQ(fields_of(plan, "f", 1), "-");
  EXPECT_EQ(fields_of(plan, "g", 1), "reason");
}

TEST(Prune, LooksThroughStreamsThatExtendTheirInput) {
  Plan plan = plan_of(with("- {id: w, className: widen}\n"
                           "- {id: a, className: reads, properties: {fields: [network, rcode]}}\n",
                           "- {from: src, to: w}\n"
                           "- {from: w, to: a, grouping: {type: FIELDS, args: [qtype]}}\n"));
  EXPECT_EQ(fields_of(plan, "src"), "qtype, rcode, client");
  EXPECT_EQ(fields_of(plan, "w"), "qtype, rcode, network");
}

TEST(Prune, LooksThroughAStreamOfAllInputs) {
  Plan plan =
      plan_of(with("- {id: f, className: filter, properties: {field: rcode}}\n"
                   "- {id: w, className: widen}\n"
                   "- {id: u, className: unite}\n"
                   "- {id: a, className: reads, properties: {fields: [qtype]}}\n",
                   "- {from: src, to: f}\n"
                   "- {from: src, to: w}\n"
                   "- {from: f, to: u}\n"
                   "- {from: w, to: u}\n"
                   "- {from: u, to: a}\n"));
  EXPECT_EQ(fields_of(plan, "u"), "qtype");
  EXPECT_EQ(fields_of(plan, "w"), "qtype") << "of the second input as of the first";
  EXPECT_EQ(fields_of(plan, "src"), "qtype, rcode, client");
}

TEST(Prune, AForwardingStreamWithoutReadersAsksForNothing) {
  Plan plan =
      plan_of(with("- {id: f, className: filter, properties: {field: rcode}}\n"
                   "- {id: r, className: blind}\n",
                   "- {from: src, to: f}\n"
                   "- {from: f, to: r, grouping: {type: ALL, streamId: refused}}\n"));
  EXPECT_EQ(fields_of(plan, "src"), "rcode");
  EXPECT_EQ(find(plan, "f").outputs[0].schema, nullptr);
}

TEST(Prune, DoesNotDependOnParallelism) {
  EXPECT_EQ(fields_of(plan_of(counting), "src"), fields_of(plan_of(counting, {8}), "src"));
}

TEST(Expand, OperatorsSeeTheFullSchemaOfForwardedRows) {
  // `count` finds client behind the filter, which itself reads only rcode.
  Plan plan =
      plan_of(with("- {id: c, className: count, properties: {by: [client]}}\n"
                   "- {id: f, className: filter, properties: {field: rcode}}\n"
                   "- {id: s, className: reads, properties: {fields: [client]}}\n",
                   "- {from: f, to: c}\n- {from: src, to: f}\n- {from: c, to: s}\n"));
  EXPECT_EQ(fields_of(plan, "c"), "client");
  EXPECT_EQ(fields_of(plan, "src"), "ts, rcode, client");
}

// -- chains --------------------------------------------------------------------------------------

TEST(Chains, ABoltRunsBehindItsSourceWhereRowsStayInPlace) {
  auto chained = [](const std::string& bolts, const std::string& streams,
                    const std::string& more = "") {
    Plan plan =
        plan_of(with(bolts + "- {id: s, className: reads, properties: {fields: [client]}}\n",
                     streams + "- {from: f, to: s}\n") +
                more);
    const ComponentPlan& f = find(plan, "f");
    return f.chained_to ? plan.components[*f.chained_to].id : "";
  };
  const std::string f = "- {id: f, className: filter, properties: {field: rcode}}\n";
  EXPECT_EQ(chained(f, "- {from: src, to: f}\n"), "src");
  EXPECT_EQ(chained(f, "- {from: src, to: f, grouping: {type: LOCAL_OR_SHUFFLE}}\n"), "src");
  EXPECT_EQ(chained(f, "- {from: src, to: f, grouping: {type: GLOBAL}}\n"), "");
  EXPECT_EQ(chained(f, "- {from: src, to: f, grouping: {type: FIELDS, args: [client]}}\n"), "");
  EXPECT_EQ(chained(f, "- {from: src, to: f}\n", "config: {topology.chaining: false}\n"), "");
  const std::string two =
      "- {id: f, className: filter, parallelism: 2, properties: {field: rcode}}\n";
  EXPECT_EQ(chained(two, "- {from: src, to: f}\n"), "") << "one task deals out to two";
}

TEST(Chains, ALightBoltRunsBehindASingleTaskWhateverTheGrouping) {
  auto chained = [](const std::string& key, const std::string& tasks) {
    Plan plan = plan_of(with("- {id: f, className: count, properties: {by: [" + key + "]}" + tasks +
                                 "}\n- {id: s, className: reads, properties: {fields: [count]}}\n",
                             "- {from: src, to: f, grouping: {type: FIELDS, args: [" + key +
                                 "]}}\n- {from: f, to: s}\n"));
    return find(plan, "f").chained_to.has_value();
  };
  EXPECT_TRUE(chained("rcode", ""));
  EXPECT_FALSE(chained("qname", "")) << "is not light";
  EXPECT_FALSE(chained("rcode", ", numTasks: 2")) << "rows part";
}

// -- explain -------------------------------------------------------------------------------------

TEST(Explain, TellsThePlan) {
  EXPECT_EQ(explain(plan_of(counting)),
            "topology t: 3 components, 7 tasks; one thread a core, 16 credits an edge, scheduler "
            "sharing\n"
            "spout src (packets): 1 executor, task 2\n"
            "  -> default: ts time, qtype u16 (16 bytes a row)\n"
            "  -> drops: no reader\n"
            "bolt zcount (count): 2 executors, tasks 3-7\n"
            "  <- src/default FIELDS [qtype]\n"
            "  -> default: count u64 (8 bytes a row)\n"
            "sink sink (reads): 1 executor, task 1\n"
            "  <- zcount/default SHUFFLE\n");
}

TEST(Explain, SaysWhenRowsCarryNothing) {
  EXPECT_EQ(explain(plan_of(with("- {id: a, className: blind}\n", "- {from: src, to: a}\n") +
                            "config: {topology.threads: 1}\n")),
            "topology t: 2 components, 2 tasks; 1 thread, 16 credits an edge, scheduler sharing\n"
            "spout src (packets): 1 executor, task 2\n"
            "  -> default: no field (8 bytes a row)\n"
            "  -> drops: no reader\n"
            "sink a (blind): 1 executor, task 1\n"
            "  <- src/default SHUFFLE\n");
}

}  // namespace
}  // namespace dnstorm::plan
