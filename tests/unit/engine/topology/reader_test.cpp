#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "engine/topology/topology.hpp"

namespace dnstorm::topology {
namespace {

using testing::ElementsAre;

constexpr char whole[] = R"(name: dns
config:
  topology.threads: 2
  tags: [a, b]
components:
  - id: fields
    className: value
    constructorArgs: [[qname, qtype]]
  - id: window
    className: value
    constructorArgs:
      - 10s
spouts:
  - id: packets
    className: pcap
    properties:
      file: a.pcap
bolts:
  - id: count.by
    className: count
    parallelism: 4
    numTasks: 8
    properties:
      - name: by
        ref: fields
      - name: window
        value: 5s
  - id: rank
    className: top
    properties: {window: {ref: window}, k: 10}
    config: {topology.tasks: 3}
streams:
  - name: for people
    from: packets
    to: count.by
    grouping: {type: fields, streamId: parsed, args: [qname, qtype]}
  - {from: count.by, to: rank}
)";

std::string all_problems(const ReadResult& result) {
  std::string text;
  for (const Diagnostic& problem : result.problems) text += to_string("t.yaml", problem) + "\n";
  return text;
}

Topology read_good(const std::string& text) {
  ReadResult result = read_text(text, "t.yaml");
  EXPECT_TRUE(result.ok()) << all_problems(result);
  return result.topology;
}

TEST(Reader, ReadsNameConfigAndFile) {
  Topology topology = read_good(whole);
  EXPECT_EQ(topology.name, "dns");
  EXPECT_EQ(topology.file, "t.yaml");
  EXPECT_THAT(topology.config.at("topology.threads").values, ElementsAre("2"));
  EXPECT_FALSE(topology.config.at("topology.threads").is_list);
  EXPECT_THAT(topology.config.at("tags").values, ElementsAre("a", "b"));
  EXPECT_TRUE(topology.config.at("tags").is_list);
}

TEST(Reader, ReadsPropertiesOfBothForms) {
  Topology topology = read_good(whole);
  ASSERT_EQ(topology.spouts.size(), 1u);
  ASSERT_EQ(topology.bolts.size(), 2u);
  EXPECT_THAT(topology.spouts[0].properties.at("file").values, ElementsAre("a.pcap"));
  const RawOptions& listed = topology.bolts[0].properties;
  EXPECT_THAT(listed.at("by").values, ElementsAre("qname", "qtype"));
  EXPECT_TRUE(listed.at("by").is_list);
  EXPECT_THAT(listed.at("window").values, ElementsAre("5s"));
  const RawOptions& mapped = topology.bolts[1].properties;
  EXPECT_THAT(mapped.at("window").values, ElementsAre("10s"));
  EXPECT_THAT(mapped.at("k").values, ElementsAre("10"));
}

TEST(Reader, ReadsParallelismAndTasks) {
  Topology topology = read_good(whole);
  EXPECT_EQ(topology.spouts[0].parallelism, 1u);
  EXPECT_EQ(topology.spouts[0].num_tasks, 0u);
  EXPECT_EQ(topology.bolts[0].parallelism, 4u);
  EXPECT_EQ(topology.bolts[0].num_tasks, 8u);
  EXPECT_EQ(topology.bolts[1].num_tasks, 3u);
}

TEST(Reader, ReadsStreams) {
  Topology topology = read_good(whole);
  ASSERT_EQ(topology.streams.size(), 2u);
  const Stream& first = topology.streams[0];
  EXPECT_EQ(first.name, "for people");
  EXPECT_EQ(first.from, "packets");
  EXPECT_EQ(first.to, "count.by");
  EXPECT_EQ(first.stream_id, "parsed");
  EXPECT_EQ(first.grouping, GroupingType::fields);
  EXPECT_THAT(first.args, ElementsAre("qname", "qtype"));
  const Stream& second = topology.streams[1];
  EXPECT_EQ(second.stream_id, "default");
  EXPECT_EQ(second.grouping, GroupingType::shuffle);
}

TEST(Reader, KeepsThePlaces) {
  Topology topology = read_good(whole);
  auto place = [](const Place& p) { return std::pair(p.line, p.column); };
  const Component& bolt = topology.bolts[0];
  EXPECT_EQ(place(bolt.place), std::pair(19, 9));
  EXPECT_EQ(place(bolt.class_name_place), std::pair(20, 16));
  EXPECT_EQ(place(bolt.parallelism_place), std::pair(21, 18));
  EXPECT_EQ(place(bolt.num_tasks_place), std::pair(22, 15));
  EXPECT_EQ(bolt.properties.at("by").line, 24);
  EXPECT_EQ(bolt.properties.at("by").column, 15);
  EXPECT_EQ(topology.bolts[1].properties.at("k").line, 30);
  EXPECT_EQ(topology.bolts[1].properties.at("k").column, 41);
  const Stream& stream = topology.streams[0];
  EXPECT_EQ(place(stream.from_place), std::pair(34, 11));
  EXPECT_EQ(place(stream.to_place), std::pair(35, 9));
  EXPECT_EQ(place(stream.grouping_place), std::pair(36, 5));
  EXPECT_EQ(place(stream.stream_id_place), std::pair(36, 40));
  EXPECT_EQ(place(stream.args_place), std::pair(36, 54));
}

TEST(Reader, TakesEveryGroupingInAnyLetterCase) {
  struct Row {
    const char* type;
    GroupingType wanted;
  };
  for (const Row& row :
       {Row{"SHUFFLE", GroupingType::shuffle}, Row{"shuffle", GroupingType::shuffle},
        Row{"All", GroupingType::all}, Row{"global", GroupingType::global},
        Row{"Local_Or_Shuffle", GroupingType::local_or_shuffle}, Row{"none", GroupingType::none}}) {
    Topology topology = read_good(
        fmt::format("name: t\nstreams: [{{from: a, to: b, grouping: {{type: {}}}}}]\n", row.type));
    EXPECT_EQ(topology.streams.at(0).grouping, row.wanted) << row.type;
  }
}

TEST(Reader, FollowsAliases) {
  Topology topology = read_good(
      "name: t\nbolts:\n- {id: a, className: x, properties: &p {by: [q]}}\n"
      "- {id: b, className: x, properties: *p}\n");
  EXPECT_THAT(topology.bolts.at(1).properties.at("by").values, ElementsAre("q"));
}

TEST(Reader, EmptySectionsAreNoProblem) {
  Topology topology = read_good("name: t\nconfig:\ncomponents:\nspouts:\nbolts:\nstreams:\n");
  EXPECT_TRUE(topology.spouts.empty());
}

TEST(ReadFile, SaysWhyAFileCannotBeOpened) {
  ReadResult result = read_file("/nonexistent/x.yaml");
  EXPECT_EQ(result.kind, ErrorKind::no_input);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(to_string("/nonexistent/x.yaml", result.problems[0]),
            "/nonexistent/x.yaml: cannot be opened: No such file or directory");
}

TEST(ReadFile, SaysThatAFolderIsNoFile) {
  ReadResult result = read_file("/");
  EXPECT_EQ(result.kind, ErrorKind::no_input);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].what, "cannot be read: Is a directory");
}

TEST(ReadFile, ReadsAFileAndNamesItInProblems) {
  std::string path = testing::TempDir() + "reader_test.yaml";
  std::ofstream(path) << "name: t\nspuots: []\n";
  ReadResult result = read_file(path);
  std::remove(path.c_str());
  EXPECT_EQ(result.kind, ErrorKind::config);
  EXPECT_EQ(result.topology.file, path);
  EXPECT_EQ(all_problems(result),
            "t.yaml:2:1: unknown key 'spuots' of a topology, did you mean 'spouts'?\n");
}

TEST(Reader, ReadsTheClassOfACustomGroupingAsAnObject) {
  ReadResult result = read_text(
      "name: t\n"
      "components: [{id: size, className: value, constructorArgs: [2]}]\n"
      "streams:\n"
      "- from: a\n"
      "  to: b\n"
      "  grouping:\n"
      "    type: CUSTOM\n"
      "    customClass:\n"
      "      className: org.example.Mine\n"
      "      constructorArgs: [{ref: size}, x]\n"
      "      properties: [{name: of, value: client}]\n",
      "t");
  ASSERT_TRUE(result.ok()) << result.problems[0].what;
  const Stream& stream = result.topology.streams.at(0);
  EXPECT_EQ(stream.grouping, GroupingType::custom);
  ASSERT_TRUE(stream.custom);
  EXPECT_EQ(stream.custom->class_name, "org.example.Mine");
  EXPECT_EQ(stream.custom->class_name_place.line, 9);
  ASSERT_EQ(stream.custom->constructor_args.size(), 2u);
  EXPECT_EQ(stream.custom->constructor_args[0].values[0], "2");
  EXPECT_EQ(stream.custom->constructor_args[0].column, 25);
  EXPECT_EQ(stream.custom->properties.at("of").values[0], "client");
}

}  // namespace
}  // namespace dnstorm::topology
