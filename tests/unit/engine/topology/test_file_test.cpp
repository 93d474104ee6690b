#include "engine/topology/test_file.hpp"

#include <gtest/gtest.h>

namespace dnstorm::topology {
namespace {

const std::string head = "topology: t.yaml\ntests:\n";

std::string problems_of(const std::string& yaml) {
  std::string text;
  for (const Diagnostic& problem : read_test_text(yaml, "t").problems)
    text += to_string("t", problem) + "\n";
  return text;
}

TEST(TestFile, AllThatATestMaySay) {
  auto read = read_test_text(R"(
topology: ../t.yaml
variables: {capture: x.pcap, keys: [a, b]}
seeds: 3
set: {counts.window: 5s, counts.by: [a, b]}
tests:
  - name: all
    set: [out.format=json]
    config: {topology.delivery: at-least-once}
    keep: [out]
    parallelism: [2]
    until: 60s
    spouts:
      words:
        rows: [{word: a}, {word: b, at: 5s}, {word: c}]
        lag: 2s
        round: 4
        replay: true
      packets: {generate: {queries: 10, seed: 2, profile: tld}}
      other: {pcap: x.pcap}
    expect:
      counts:late: {unordered: true, rows: [{word: a}]}
      sink: [{n: 1}]
      more: {count: 3, contains: [{n: 2}]}
      out: {text: "x\n"}
    acked: 3
    failed: 0
    error: some
)",
                             "t");
  ASSERT_EQ(read.problems.size(), 0u) << read.problems[0].what;
  const TestFile& file = read.tests;
  EXPECT_EQ(file.topology.text, "../t.yaml");
  EXPECT_EQ(file.variables.properties.at("keys"), "[a, b]");
  const TestCase& test = file.cases.at(0);
  ASSERT_EQ(test.set.size(), 3u);
  EXPECT_EQ(test.set[1].text, "counts.by=[a, b]");
  EXPECT_EQ(test.set[2].text, "out.format=json");
  EXPECT_EQ(test.seeds, 3u);
  EXPECT_EQ(test.parallelism, std::vector<std::uint32_t>{2});
  EXPECT_EQ(test.until, 60 * ns_per_s);
  const TestSource& words = test.sources.at(0);
  EXPECT_EQ(words.rows.at(2).at, 5 * ns_per_s) << "as the row before it";
  EXPECT_EQ(words.lag, 2 * ns_per_s);
  EXPECT_EQ(words.round, 4u);
  EXPECT_TRUE(words.replay && words.is_fed());
  EXPECT_EQ(test.sources.at(1).traffic->profile, "tld");
  EXPECT_EQ(test.sources.at(2).pcap->path, "x.pcap");
  EXPECT_EQ(test.expect.at(0).of, "counts:late");
  EXPECT_EQ(test.expect.at(1).rows->at(0).cells.at("n"), "1");
  EXPECT_EQ(test.expect.at(2).count, 3u);
  EXPECT_EQ(test.expect.at(3).text, "x\n");
  EXPECT_EQ(test.acked->value, 3u);
  EXPECT_EQ(test.error->text, "some");
}

TEST(TestFile, ATopologyMayStandInIt) {
  auto read = read_test_text(
      "topology:\n  name: t\n  # a comment\n  spouts: [{id: a, className: wrds}]\n\n"
      "tests:\n  - {name: x, acked: 1}\n",
      "t");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.tests.text,
            "\n  name: t\n  # a comment\n  spouts: [{id: a, className: wrds}]\n\n\n\n");
  ReadResult topology = read_text(read.tests.text, "t");
  ASSERT_TRUE(topology.ok());
  EXPECT_EQ(topology.topology.spouts.at(0).class_name_place.line, 4);
}

TEST(TestFile, MistakesHaveTheirPlace) {
  EXPECT_EQ(problems_of(""), "t: is empty; a test file has at least a topology and tests\n");
  EXPECT_EQ(problems_of("topology: t.yaml\n"), "t:1:1: a test file has no 'tests'\n");
  EXPECT_EQ(problems_of("topology: {}\ntests: []\n"),
            "t:1:1: 'topology' is a path, or the topology itself on the lines below\n"
            "t:2:1: 'tests' is a list of tests, at least one\n");
  EXPECT_EQ(problems_of(head + "  - {name: a, expct: {}}\n"),
            "t:3:12: test 'a' expects nothing: give 'expect', 'acked', 'failed' or 'error'\n"
            "t:3:15: unknown key 'expct' of test 'a', did you mean 'expect'?\n");
  EXPECT_EQ(problems_of(head + "  - {name: a, acked: 1}\n  - {name: a, acked: 1}\n"),
            "t:4:12: a test 'a' stands in line 3 already\n");
  EXPECT_EQ(problems_of(head + "  - {name: a, acked: 1, until: soon, seeds: 0}\n"),
            "t:3:32: 'until' is a time of the clock such as 60s, not 'soon'\n"
            "t:3:45: 'seeds' of test 'a' is a whole number between 1 and 100000, not '0'\n");
  EXPECT_EQ(problems_of(head + "  - {name: a, acked: 1, parallelism: [0]}\n"),
            "t:3:25: 'parallelism' is a list of numbers between 1 and 1024, not '0'\n");
}

TEST(TestFile, MistakesInRowsHaveTheirPlace) {
  auto rows = [](const std::string& written) {
    return problems_of(head + "  - name: a\n    acked: 1\n    spouts: {s: " + written + "}\n");
  };
  EXPECT_EQ(rows("[{w: a, at: 5s}, {w: a, at: 4s}]"), "t:5:45: 'at' goes back from 5s to 4s\n");
  EXPECT_EQ(rows("[{w: a, at: soon}]"),
            "t:5:29: 'at' is a time of the clock such as 5s, not 'soon'\n");
  EXPECT_EQ(rows("[word]"), "t:5:18: a row is a map of fields and values, not a single value\n");
  EXPECT_EQ(rows("[{w: [a]}]"), "t:5:19: field 'w' has a single value, not a list\n");
  EXPECT_EQ(rows("{rows: [], file: x.csv}"),
            "t:5:14: spout 's' has one of rows, file, pcap and generate\n");
  EXPECT_EQ(rows("{generate: {profile: roots}}"),
            "t:5:38: there is no profile 'roots', did you mean 'root'?\n");
  EXPECT_EQ(problems_of(head + "  - {name: a, expect: {c: {}}}\n"),
            "t:3:24: of 'c' nothing is expected: give rows, file, contains, count or text\n");
}

}  // namespace
}  // namespace dnstorm::topology
