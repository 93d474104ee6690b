// Constructor arguments, methods and settings of components.
#include <gtest/gtest.h>

#include "tests/unit/engine/plan/fake_operators.hpp"

namespace dnstorm::plan {
namespace {

using ::testing::ElementsAre;
using testing::find;
using testing::plan_of;
using testing::problems_of;

// The bolt stands in line 4 from column 3 on.
std::string with(const std::string& bolt, const std::string& spout = "properties: {file: f}",
                 const std::string& rest = "") {
  return "name: t\nspouts: [{id: src, className: packets, " + spout + "}]\nbolts:\n- {id: b, " +
         bolt + "}\nstreams:\n- {from: src, to: b}\n" + rest;
}

const char blind[] = "className: blind";

TEST(Arguments, SetOptionsByPosition) {
  Plan plan = plan_of(with(blind, "constructorArgs: [a.pcap, 5]"));
  EXPECT_EQ(find(plan, "src").options.text("file"), "a.pcap");
  EXPECT_EQ(find(plan, "src").options.integer("limit"), 5);
  plan = plan_of(with(blind, "constructorArgs: [a.pcap]"));
  EXPECT_EQ(find(plan, "src").options.integer("limit"), 10);
}

TEST(Arguments, AListThatStandsLastTakesWhatIsLeft) {
  for (const char* args : {"[qname, qtype]", "[[qname, qtype]]", "[qname, [qtype]]"}) {
    Plan plan = plan_of(with(fmt::format("className: reads, constructorArgs: {}", args)));
    EXPECT_THAT(find(plan, "b").options.list("fields"), ElementsAre("qname", "qtype")) << args;
  }
}

TEST(Arguments, F3_MethodsSetOptions) {
  Plan plan = plan_of(
      with("className: count, configMethods: [{name: withKey, args: [5s, qtype, qname]}]",
           "constructorArgs: [f], configMethods: [{name: withLimit, args: [7]}, {name: looped}]"));
  EXPECT_EQ(find(plan, "src").options.integer("limit"), 7);
  EXPECT_TRUE(find(plan, "src").options.flag("loop"));
  EXPECT_THAT(find(plan, "b").options.list("by"), ElementsAre("qtype", "qname"));
  EXPECT_EQ(find(plan, "b").options.duration("window"), 5 * ns_per_s);
}

TEST(Arguments, AMethodMayAddAnItemWithEachCall) {
  Plan plan =
      plan_of(with("className: count, properties: {by: [qtype], notes: [a=1]}, configMethods: "
                   "[{name: addNote, args: [b, 2]}, {name: addNote, args: [c, true, [d, e]]}]"));
  EXPECT_THAT(find(plan, "b").options.list("notes"), ElementsAre("a=1", "b=2", "c=true,d,e"));
  EXPECT_EQ(problems_of(with("className: count, configMethods: [{name: addNote, args: [b]}]")),
            "t:4:52: 'b' (count): method 'addNote' takes a name and values, not 1 argument\n");
}

TEST(Arguments, TheLaterWins) {
  auto limit = [](const std::string& spout, const char* set = nullptr) {
    topology::Topology topology = topology::read_text(with(blind, spout), "t").topology;
    bool done = set == nullptr || topology::set_property(topology, set).ok();
    EXPECT_TRUE(done) << set;
    ExpandResult result = expand(topology, testing::registry());
    return result.ok() ? find(result.plan, "src").options.integer("limit") : -1;
  };
  std::string spout = "constructorArgs: [f, 1]";
  EXPECT_EQ(limit(spout), 1);
  EXPECT_EQ(limit(spout += ", properties: {limit: 2}"), 2);
  EXPECT_EQ(limit(spout += ", configMethods: [{name: withLimit, args: [3]}, {name: withLimit, "
                           "args: [4]}]"),
            4);
  EXPECT_EQ(limit(spout, "src.limit=5"), 5);
}

TEST(Arguments, SaysWhatDoesNotFit) {
  struct Row {
    std::string bolt, wanted;
  };
  for (const Row& row : std::vector<Row>{
           {"className: count, constructorArgs: [a, b]",
            "47: 'b' (count) takes no constructorArgs; give 'properties'"},
           {"className: count, configMethods: [{name: withTumblingWindw, args: [5s]}]",
            "52: 'b' (count) has no method 'withTumblingWindw', did you mean "
            "'withTumblingWindow'?"},
           {"className: count, configMethods: [{name: zzz}]",
            "52: 'b' (count) has no method 'zzz'; it has withTumblingWindow, withKey, addNote"},
           {"className: blind, configMethods: [{name: zzz}]",
            "52: 'b' (blind) has no method 'zzz'; it has none, give 'properties'"},
           {"className: count, configMethods: [{name: withTumblingWindow, args: [5s, 1s]}]",
            "52: 'b' (count): method 'withTumblingWindow' takes 1 argument (window), not 2"},
           {"className: count, configMethods: [{name: withKey, args: [5s]}]",
            "52: 'b' (count): method 'withKey' takes 2 arguments (window, by), not 1"},
           {"className: count, configMethods: [{name: withTumblingWindow, args: [soon]}]",
            "79: 'b' (count): option 'window' is a duration such as 10s or 500ms, not 'soon'"},
           {"className: filter, constructorArgs: [qname], properties: {field: qnme}",
            "48: 'b' (filter) takes no constructorArgs; give 'properties'"}})
    EXPECT_EQ(problems_of(with(row.bolt)), "t:4:" + row.wanted + "\n");
  EXPECT_EQ(problems_of(with(blind, "constructorArgs: [f, 1000, 3]")),
            "t:2:67: 'src' (packets) takes at most 2 arguments (file, limit), not 3\n");
  EXPECT_EQ(problems_of(with(blind, "constructorArgs: [f, 1000]")),
            "t:2:61: 'src' (packets): option 'limit' is between 1 and 100, not 1000\n");
}

TEST(ComponentConfig, IsHandedOnAsWritten) {
  Plan plan =
      plan_of(with("className: blind, config: {topology.debug: true}", "properties: {file: f}",
                   "config: {topology.debug: false, topology.workers: 3}\n"));
  EXPECT_EQ(find(plan, "b").settings, (std::map<std::string, std::string>{
                                          {"topology.debug", "true"}, {"topology.workers", "3"}}));
  EXPECT_EQ(find(plan, "src").settings.at("topology.debug"), "false");
}

TEST(ComponentConfig, A11_StandsAboveTheTopologys) {
  Plan plan = plan_of(with("className: blind, config: {topology.tick.tuple.freq.secs: 5}",
                           "properties: {file: f}, config: {topology.debug: false}",
                           "config: {topology.debug: true, topology.tick.tuple.freq.secs: 60}\n"));
  EXPECT_FALSE(find(plan, "src").config.flag("topology.debug"));
  EXPECT_EQ(find(plan, "src").config.integer("topology.tick.tuple.freq.secs"), 60);
  EXPECT_TRUE(find(plan, "b").config.flag("topology.debug"));
  EXPECT_EQ(find(plan, "b").config.integer("topology.tick.tuple.freq.secs"), 5);
  EXPECT_EQ(find(plan, "b").config.integer("topology.max.spout.pending"), 0);
}

TEST(ComponentConfig, TasksHaveACeiling) {
  std::string config = "config: {topology.max.task.parallelism: 3}\n";
  Plan plan = plan_of(with("className: blind, parallelism: 4, numTasks: 8",
                           "properties: {file: f}, parallelism: 2", config));
  EXPECT_EQ(find(plan, "b").tasks, 3U);
  EXPECT_EQ(find(plan, "b").executors, 3U);
  EXPECT_EQ(find(plan, "src").tasks, 2U);
  plan =
      plan_of(with("className: blind, parallelism: 8, config: {topology.max.task.parallelism: "
                   "0}",
                   "properties: {file: f}", config));
  EXPECT_EQ(find(plan, "b").tasks, 8U);
  plan = plan_of(with(blind, "properties: {file: f}", config), {4});
  EXPECT_EQ(find(plan, "b").tasks, 3U);
}

TEST(ComponentConfig, SaysWhatIsWrong) {
  EXPECT_EQ(
      problems_of(with("className: blind, config: {topology.task: 3, topology.debug: 1, "
                       "topology.workers: 2}")),
      "t:4:38: 'b': config: unknown option 'topology.task', did you mean 'topology.tasks'?\n"
      "t:4:56: 'b': config: option 'topology.debug' is true or false, not '1'\n"
      "t:4:75: 'b': config: unknown option 'topology.workers', did you mean 'topology.tasks'?\n");
}

TEST(Includes, ProblemsOfThePlanNameTheirFile) {
  topology::ReadResult read = topology::read_text(
      with(blind, "properties: {file: f}", "includes: [{file: c}]\n"), "t", {},
      [](const std::string&) -> Result<std::string> {
        return std::string(
            "config: {topology.wrokers: 1}\nbolts: [{id: c, className: cuont}]\n"
            "streams: [{from: src, to: d}]\n");
      });
  std::string lines;
  for (const auto& problem : expand(read.topology, testing::registry()).problems)
    lines += topology::to_string("t", problem) + "\n";
  EXPECT_EQ(lines,
            "c:1:10: config: unknown option 'topology.wrokers', did you mean 'topology.workers'?\n"
            "c:2:28: 'c': no operator is called 'cuont', did you mean 'count'? (`dnstorm "
            "operators` lists them)\n"
            "c:3:27: a stream goes to 'd', which is no component\n");
}

}  // namespace
}  // namespace dnstorm::plan
