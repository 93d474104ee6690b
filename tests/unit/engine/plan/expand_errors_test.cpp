// Tables of topologies that are good YAML and bad plans, with the lines that a user gets.
#include <gtest/gtest.h>

#include "tests/unit/engine/plan/fake_operators.hpp"

namespace dnstorm::plan {
namespace {

using testing::problems_of;

struct Row {
  const char* what;
  std::string yaml;
  std::string wanted;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(problems_of(row.yaml), row.wanted) << row.what;
}

// Line 4 is the first bolt.
constexpr char head[] = "name: t\nspouts: [{id: src, className: packets, properties: {file: f}}]\n";

std::string with(const std::string& bolts, const std::string& streams) {
  return std::string(head) + "bolts:\n" + bolts + "streams:\n" + streams;
}
std::string one(const std::string& bolt, const std::string& grouping = "{type: SHUFFLE}") {
  return with("- " + bolt + "\n", "- {from: src, to: b, grouping: " + grouping + "}\n");
}

TEST(ExpandErrors, Operators) {
  check({
      {"unknown", one("{id: b, className: cuont}"),
       "t:4:22: 'b': no operator is called 'cuont', did you mean 'count'? (`dnstorm operators` "
       "lists them)\n"},
      {"unlike any", one("{id: b, className: zzzzzz}"),
       "t:4:22: 'b': no operator is called 'zzzzzz' (`dnstorm operators` lists them)\n"},
      {"nearly an alias", one("{id: b, className: org.apache.strom.Count}"),
       "t:4:22: 'b': no operator is called 'org.apache.strom.Count', did you mean "
       "'org.apache.storm.Count'? (`dnstorm operators` lists them)\n"},
      {"spout among bolts", one("{id: b, className: packets, properties: {file: f}}"),
       "t:4:22: 'b': operator 'packets' is a spout, it belongs under 'spouts'\n"},
      {"bolt among spouts",
       "name: t\nspouts: [{id: s, className: count}]\nbolts: [{id: b, className: blind}]\n"
       "streams: [{from: s, to: b}]\n",
       "t:2:29: 's': operator 'count' is a bolt, it belongs under 'bolts'\n"},
      {"no spout", "name: t\n", "t: has no spout; a topology begins with at least one\n"},
  });
}

TEST(ExpandErrors, Options) {
  check({
      {"unknown option", one("{id: b, className: count, properties: {windw: 5s}}"),
       "t:4:42: 'b' (count): unknown option 'windw', did you mean 'window'?\n"},
      {"bad value", one("{id: b, className: count, properties: {window: soon}}"),
       "t:4:42: 'b' (count): option 'window' is a duration such as 10s or 500ms, not 'soon'\n"},
      {"several at once",
       "name: t\nspouts:\n- id: src\n  className: packets\n  properties:\n    limit: 1000\n"
       "    loop: maybe\n    colour: red\n",
       "t:4:14: 'src' (packets): option 'file' is missing (for tests)\n"
       "t:6:5: 'src' (packets): option 'limit' is between 1 and 100, not 1000\n"
       "t:7:5: 'src' (packets): option 'loop' is true or false, not 'maybe'\n"
       "t:8:5: 'src' (packets): unknown option 'colour'; known are file, limit, loop\n"},
      {"missing", "name: t\nspouts: [{id: src, className: packets}]\n",
       "t:2:31: 'src' (packets): option 'file' is missing (for tests)\n"},
      {"field that is not there", one("{id: b, className: count, properties: {by: [qtyp]}}"),
       "t:4:42: 'b' (count): stream 'default' of 'src' has no field 'qtyp', did you mean "
       "'qtype'?\n"},
      {"field unlike any", one("{id: b, className: filter, properties: {field: zzzzzz}}"),
       "t:4:43: 'b' (filter): stream 'default' of 'src' has no field 'zzzzzz'; it has ts, qname, "
       "qtype, rcode, client\n"},
  });
}

TEST(ExpandErrors, A5_Streams) {
  check({
      {"unknown ends",
       with("- {id: b, className: blind}\n", "- {from: scr, to: b}\n- {from: src, to: c}\n"),
       "t:6:10: a stream goes from 'scr', which is no component, did you mean 'src'?\n"
       "t:7:19: a stream goes to 'c', which is no component\n"},
      {"unknown stream", one("{id: b, className: blind}", "{type: ALL, streamId: drop}"),
       "t:6:54: 'src' has no stream 'drop' for 'b' to read, did you mean 'drops'?\n"},
      {"stream unlike any", one("{id: b, className: blind}", "{type: ALL, streamId: zzzzzz}"),
       "t:6:54: 'src' has no stream 'zzzzzz' for 'b' to read; its streams are default, drops\n"},
      {"stream of a sink",
       with("- {id: b, className: blind}\n- {id: c, className: blind}\n",
            "- {from: src, to: b}\n- {from: b, to: c}\n"),
       "t:8:3: 'b' has no stream 'default' for 'c' to read; it is a sink and gives none\n"},
      {"unknown field", one("{id: b, className: blind}", "{type: FIELDS, args: [qtype, qnme]}"),
       "t:6:53: grouping of 'b': stream 'default' of 'src' has no field 'qnme', did you mean "
       "'qname'?\n"},
      {"into a spout",
       with("- {id: b, className: count}\n", "- {from: src, to: b}\n- {from: b, to: src}\n"),
       "t:7:17: 'src' is a spout and takes no input; a stream goes to a bolt\n"},
      {"twice",
       with("- {id: b, className: blind}\n", "- {from: src, to: b}\n- {from: src, to: b}\n"),
       "t:7:3: 'b' reads stream 'default' of 'src' twice with the same grouping; every row would "
       "come twice\n"},
  });
}

TEST(ExpandErrors, TwiceWithAnotherGroupingOrStreamIsFine) {
  EXPECT_EQ(problems_of(with("- {id: b, className: blind}\n",
                             "- {from: src, to: b}\n"
                             "- {from: src, to: b, grouping: {type: ALL}}\n"
                             "- {from: src, to: b, grouping: {type: SHUFFLE, streamId: drops}}\n")),
            "");
}

TEST(ExpandErrors, Graph) {
  check({
      {"no input", with("- {id: b, className: blind}\n", ""),
       "t:4:8: bolt 'b' has no input; add a stream with 'to: b'\n"},
      {"fed by nobody",
       with("- {id: b, className: blind}\n- {id: a, className: count}\n", "- {from: a, to: b}\n"),
       "t:5:8: bolt 'a' has no input; add a stream with 'to: a'\n"},
      {"cycle",
       with("- {id: a, className: filter, properties: {field: rcode}}\n"
            "- {id: b, className: filter, properties: {field: rcode}}\n"
            "- {id: c, className: filter, properties: {field: rcode}}\n"
            "- {id: d, className: blind}\n",
            "- {from: src, to: a}\n- {from: a, to: b}\n- {from: b, to: c}\n- {from: c, to: a}\n"
            "- {from: c, to: d}\n"),
       "t:4:8: the streams form a cycle: a -> b -> c -> a; that needs 'topology.delivery: "
       "at-least-once' in the config\n"},
      {"cycle of one",
       with("- {id: a, className: filter, properties: {field: rcode}}\n",
            "- {from: src, to: a}\n- {from: a, to: a}\n"),
       "t:4:8: the streams form a cycle: a -> a; that needs 'topology.delivery: at-least-once' in "
       "the config\n"},
      {"a cycle without a spout",
       "config: {topology.delivery: at-least-once}\n" +
           with("- {id: a, className: blind}\n"
                "- {id: b, className: filter, properties: {field: rcode}}\n",
                "- {from: src, to: a}\n- {from: b, to: b}\n"),
       "t:6:8: the streams form a cycle: b -> b; no spout feeds it\n"},
      {"a cycle that is closed by a direct stream",
       "config: {topology.delivery: at-least-once}\n" +
           with("- {id: a, className: filter, properties: {field: rcode}}\n",
                "- {from: src, to: a}\n- {from: a, to: a, grouping: {type: DIRECT}}\n"),
       "t:8:20: grouping of 'a': the stream closes a cycle, and DIRECT is not possible there; "
       "group "
       "by FIELDS instead\n"},
  });
}

TEST(ExpandErrors, Tasks) {
  check({
      {"state by key, shuffled",
       one("{id: b, className: count, parallelism: 4, properties: {by: [qtype]}}"),
       "t:6:22: 'b' (count) has 4 tasks and keeps state by [qtype]: use grouping FIELDS with args "
       "[qtype] from 'src', or parallelism 1\n"},
      {"grouped by something else",
       one("{id: b, className: count, numTasks: 2, properties: {by: [qtype]}}",
           "{type: FIELDS, args: [qtype, qname]}"),
       "t:6:22: 'b' (count) has 2 tasks and keeps state by [qtype]: use grouping FIELDS with args "
       "[qtype] from 'src', or parallelism 1\n"},
      {"grouped by a part, but all is asked for",
       one("{id: b, className: top, parallelism: 2, properties: {by: [qtype, qname]}}",
           "{type: FIELDS, args: [qtype]}"),
       "t:6:22: 'b' (top) has 2 tasks and keeps state by [qtype, qname]: use grouping FIELDS with "
       "args [qtype, qname] from 'src', or parallelism 1\n"},
      {"grouped in another order than the state is kept by",
       one("{id: b, className: top, parallelism: 2, properties: {by: [qtype, qname]}}",
           "{type: FIELDS, args: [qname, qtype]}"),
       "t:6:22: 'b' (top) has 2 tasks and keeps state by [qtype, qname]: use grouping FIELDS with "
       "args [qtype, qname] from 'src', or parallelism 1\n"},
      {"one task only", one("{id: b, className: rank, parallelism: 2}"),
       "t:4:41: 'b' (rank) has 2 tasks but works as one only: use parallelism 1\n"},
  });
}

TEST(ExpandErrors, GroupingsThatKeepKeysTogether) {
  for (const char* grouping :
       {"{type: FIELDS, args: [qtype]}", "{type: FIELDS, args: [qname, qtype]}", "{type: GLOBAL}"})
    EXPECT_EQ(problems_of(
                  one("{id: b, className: count, parallelism: 2, properties: {by: [qtype, qname]}}",
                      grouping)),
              "")
        << grouping;
  EXPECT_EQ(
      problems_of(one("{id: b, className: top, parallelism: 2, properties: {by: [qtype, qname]}}",
                      "{type: FIELDS, args: [qtype, qname]}")),
      "");
}

TEST(ExpandErrors, Config) {
  std::string good = one("{id: b, className: blind}");
  check({
      {"unknown keys", good + "config:\n  topology.thread: 2\n  colour: red\n",
       "t:8:3: config: unknown option 'topology.thread', did you mean 'topology.threads'?\n"
       "t:9:3: config: unknown option 'colour'; known are topology.threads, topology.edge.credits, "
       "topology.edge.bytes, topology.round.rows, topology.round.ms, topology.idle.timeout.ms, "
       "topology.scheduler, "
       "topology.chaining, topology.workers, topology.acker.executors, "
       "topology.delivery, topology.acking, topology.message.timeout.secs, "
       "topology.enable.message.timeouts, topology.state.checkpoint.interval.ms, "
       "topology.checkpoint.dir, topology.builtin.metrics.bucket.size.secs, "
       "topology.metrics.influx.url, topology.metrics.influx.database, "
       "topology.metrics.influx.retention_policy, topology.metrics.influx.org, "
       "topology.metrics.influx.bucket, topology.metrics.influx.token, "
       "topology.metrics.influx.user, topology.metrics.influx.password, "
       "topology.capacity.limits, topology.capacity.share, topology.debug, "
       "topology.subprocess.timeout.secs, "
       "topology.shellbolt.max.pending, topology.max.spout.pending, "
       "topology.tick.tuple.freq.secs, topology.disable.loadaware.messaging, "
       "topology.auto.task.hooks, topology.component.cp...\n"},
      {"bad values",
       good + "config:\n  topology.threads: many\n  topology.edge.credits: 2\n"
              "  topology.scheduler: fair\n  topology.debug: [a]\n",
       "t:8:3: config: option 'topology.threads' is a whole number, not 'many'\n"
       "t:9:3: config: option 'topology.edge.credits' is between 4 and 1024, not 2\n"
       "t:10:3: config: option 'topology.scheduler' is one of sharing, stealing, not 'fair'\n"
       "t:11:3: config: option 'topology.debug' is true or false, not 'a'\n"},
  });
}

TEST(ExpandErrors, OneMistakeGivesOneLine) {
  // Nothing is said of `c`, which stands behind the mistake.
  EXPECT_EQ(
      problems_of(with("- {id: b, className: cuont}\n- {id: c, className: blind}\n",
                       "- {from: src, to: b}\n- {from: b, to: c}\n")),
      "t:4:22: 'b': no operator is called 'cuont', did you mean 'count'? (`dnstorm operators` "
      "lists them)\n");
}

TEST(ExpandErrors, PropertiesFromTheCommandLineHaveNoPlace) {
  topology::Topology topology = topology::read_text(one("{id: b, className: count}"), "t").topology;
  ASSERT_TRUE(topology::set_property(topology, "b.window=soon").ok());
  ExpandResult result = expand(topology, testing::registry());
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(topology::to_string("t", result.problems[0]),
            "t: 'b' (count): option 'window' is a duration such as 10s or 500ms, not 'soon'");
}

TEST(ExpandErrors, ValuesOfTheFileDoNotBreakTheLine) {
  EXPECT_EQ(problems_of(one("{id: b, className: count, properties: {window: \"a\\nb\"}}")),
            "t:4:42: 'b' (count): option 'window' is a duration such as 10s or 500ms, not 'a?b'\n");
}

TEST(ExpandErrors, TooLarge) {
  topology::Topology topology;
  topology.spouts.resize(1001);
  topology.streams.resize(10'001);
  ExpandResult result = expand(topology, testing::registry());
  ASSERT_EQ(result.problems.size(), 2u);
  EXPECT_EQ(result.problems[0].what, "has 1001 components; at most 1000 are possible");
  EXPECT_EQ(result.problems[1].what, "has 10001 streams; at most 10000 are possible");
}

}  // namespace
}  // namespace dnstorm::plan
