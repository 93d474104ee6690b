// Includes: what is merged and how, and that a problem names the file it is in.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "engine/topology/topology.hpp"

namespace dnstorm::topology {
namespace {

using testing::ElementsAre;

using Files = std::map<std::string, std::string>;

// The first file is the one that is named.
ReadResult read(const std::string& path, const Files& files, const Variables& variables = {}) {
  return read_text(files.at(path), path, variables,
                   [&](const std::string& wanted) -> Result<std::string> {
                     auto found = files.find(wanted);
                     if (found != files.end()) return found->second;
                     return Error{ErrorKind::no_input, "is not there", ""};
                   });
}

std::string problems_of(const std::string& path, const Files& files) {
  std::string lines;
  for (const Diagnostic& problem : read(path, files).problems)
    lines += to_string(path, problem) + "\n";
  return lines;
}

Topology read_good(const std::string& path, const Files& files, const Variables& variables = {}) {
  ReadResult result = read(path, files, variables);
  for (const Diagnostic& problem : result.problems) ADD_FAILURE() << to_string(path, problem);
  return result.topology;
}

std::vector<std::string> classes(const std::vector<Component>& components) {
  std::vector<std::string> made;
  for (const Component& component : components)
    made.push_back(component.id + " " + component.class_name);
  return made;
}

constexpr char common[] = R"(name: common
config: {topology.workers: 1, topology.debug: true}
components:
  - {id: width, className: value, constructorArgs: [60s]}
  - {id: keys, className: list, constructorArgs: [qname]}
spouts: [{id: src, className: pcap}]
bolts:
  - {id: a, className: included, properties: {window: {ref: width}}}
  - {id: b, className: included, properties: {by: {ref: keys}}}
streams: [{from: src, to: b}]
)";

std::string including(const std::string& include) {
  return "name: mine\nincludes: [" + include + R"(]
config: {topology.workers: 2}
components: [{id: width, className: value, constructorArgs: [1s]}]
bolts: [{id: a, className: own, properties: {window: {ref: width}, by: {ref: keys}}}]
streams: [{from: src, to: a}]
)";
}

TEST(Includes, F2_WhatIsThereAlreadyStays) {
  Topology topology =
      read_good("d/m.yaml", {{"d/m.yaml", including("{file: c.yaml}")}, {"d/c.yaml", common}});
  EXPECT_EQ(topology.name, "mine");
  EXPECT_EQ(topology.file, "d/m.yaml");
  EXPECT_THAT(topology.includes, ElementsAre("d/c.yaml"));
  EXPECT_THAT(topology.config.at("topology.workers").values, ElementsAre("2"));
  EXPECT_THAT(topology.config.at("topology.debug").values, ElementsAre("true"));
  EXPECT_THAT(classes(topology.spouts), ElementsAre("src pcap"));
  EXPECT_THAT(classes(topology.bolts), ElementsAre("a own", "b included"));
  EXPECT_THAT(topology.bolts[0].properties.at("window").values, ElementsAre("1s"));
  EXPECT_THAT(topology.bolts[0].properties.at("by").values, ElementsAre("qname"));
}

TEST(Includes, OverrideReplacesAllButTheName) {
  Topology topology =
      read_good("m", {{"m", including("{file: c, override: true}")}, {"c", common}});
  EXPECT_EQ(topology.name, "mine");
  EXPECT_THAT(topology.config.at("topology.workers").values, ElementsAre("1"));
  EXPECT_THAT(classes(topology.bolts), ElementsAre("a included", "b included"));
  EXPECT_THAT(topology.bolts[0].properties.at("window").values, ElementsAre("60s"));
}

TEST(Includes, StreamsAreAppended) {
  Topology topology =
      read_good("m", {{"m", including("{file: c, resource: true}")}, {"c", common}});
  ASSERT_EQ(topology.streams.size(), 2U);
  EXPECT_EQ(topology.streams[0].to, "a");
  EXPECT_EQ(topology.streams[1].to, "b");
  EXPECT_EQ(topology.streams[1].place.file, 1U);
}

TEST(Includes, AStreamThatTwoFilesWriteAlikeIsOne) {
  const std::string part =
      "streams: [{from: s, to: a, grouping: {type: GLOBAL}}, {from: s, to: b}]";
  Topology topology = read_good(
      "m", {{"m",
             "name: t\nspouts: [{id: s, className: x}]\nbolts: [{id: a, className: y}, {id: b, "
             "className: y}]\nincludes: [{file: c}, {file: d}, {file: c}]\n"},
            {"c", part},
            {"d", "streams: [{from: s, to: b, grouping: {type: GLOBAL}}, {from: s, to: b}]"}});
  ASSERT_EQ(topology.streams.size(), 3u) << "another grouping is another stream";
  EXPECT_EQ(topology.streams[0].to, "a");
  EXPECT_EQ(topology.streams[1].to, "b");
  EXPECT_EQ(topology.streams[2].to, "b");
}

TEST(Includes, PluginsAreAppendedAndKnowTheirFile) {
  Topology topology = read_good(
      "d/m.yaml", {{"d/m.yaml", "name: t\nplugins: [a.so]\nincludes: [{file: e/c.yaml}]\n"},
                   {"d/e/c.yaml", "plugins:\n  - lib/b.so\n  - a.so\n"}});
  ASSERT_EQ(topology.plugins.size(), 3u);
  EXPECT_EQ(topology.plugins[0].name, "a.so");
  EXPECT_EQ(file_of(topology, topology.plugins[0].place), "d/m.yaml");
  EXPECT_EQ(topology.plugins[1].name, "lib/b.so");
  EXPECT_EQ(topology.plugins[1].place.line, 2);
  EXPECT_EQ(topology.plugins[1].place.column, 5);
  EXPECT_EQ(file_of(topology, topology.plugins[1].place), "d/e/c.yaml");
  EXPECT_EQ(topology.plugins[2].name, "a.so");
}

TEST(Includes, PathsAreThoseSeenFromTheIncludingFile) {
  Topology topology = read_good("d/m", {{"d/m", "name: t\nincludes: [{file: ../e/one}]\n"},
                                        {"e/one", "includes: [{file: two}, {file: /abs/three}]\n"},
                                        {"e/two", "bolts: [{id: b, className: two}]\n"},
                                        {"/abs/three", "bolts: [{id: c, className: three}]\n"}});
  EXPECT_THAT(topology.includes, ElementsAre("e/one", "e/two", "/abs/three"));
  EXPECT_THAT(classes(topology.bolts), ElementsAre("b two", "c three"));
}

TEST(Includes, VariablesStandInIncludedFilesToo) {
  Variables variables;
  variables.properties = {{"which", "c"}, {"class", "count"}};
  Topology topology = read_good("m",
                                {{"m", "name: t\nincludes: [{file: '${which}'}]\n"},
                                 {"c", "bolts: [{id: b, className: '${class}'}]\n"}},
                                variables);
  EXPECT_THAT(classes(topology.bolts), ElementsAre("b count"));
}

TEST(Includes, ProblemsNameTheFileTheyAreIn) {
  EXPECT_EQ(
      problems_of("m", {{"m", "name: t\nbolts: [{id: a}]\nincludes: [{file: c}, {file: d}]\n"},
                        {"c", "bolt: []\n# ${x}\nconfig: {k: {}}\n"},
                        {"d", "bolts: [{id: ${x}}]\n"}}),
      "m:2:9: bolt 'a' has no 'className'\n"
      "c:1:1: unknown key 'bolt' of a topology, did you mean 'bolts'?\n"
      "c:3:10: 'k' takes a value or a list of values, not a map\n"
      "d:1:14: '${x}' has no value; give a file that has it by --filter\n");
  EXPECT_EQ(problems_of("m", {{"m", "name: t\nincludes: [{file: c}, {file: d}]\n"},
                              {"c", "bolts: [\n"},
                              {"d", ""}}),
            "c:2:1: YAML: end of sequence flow not found\n"
            "d: is empty; a topology has at least a name, spouts and streams\n");
}

TEST(Includes, IdsAreOneToATopology) {
  EXPECT_EQ(
      problems_of("m", {{"m", "name: t\nspouts: [{id: a, className: s}]\nincludes: [{file: c}]\n"},
                        {"c", "bolts: [{id: a, className: b}]\n"}}),
      "c:1:14: id 'a' is taken already, in m:2\n");
}

TEST(Includes, SaysWhyAFileIsNotIncluded) {
  EXPECT_EQ(problems_of("d/m", {{"d/m",
                                 "name: t\nincludes: [{file: c, overide: true}, {resource: "
                                 "maybe}]\n"}}),
            "d/m:2:19: 'd/c' is not there\n"
            "d/m:2:22: unknown key 'overide' of an include, did you mean 'override'?\n"
            "d/m:2:38: an include has no 'file'\n"
            "d/m:2:49: 'resource' of an include is true or false, not 'maybe'\n");
}

TEST(Includes, CirclesAreRefused) {
  EXPECT_EQ(problems_of("d/a", {{"d/a", "name: t\nincludes: [{file: b}]\n"},
                                {"d/b", "includes: [{file: ../d/c}]\n"},
                                {"d/c", "includes: [{file: ./a}]\n"}}),
            "d/c:1:19: includes go in a circle: d/a -> d/b -> d/c -> d/a\n");
  EXPECT_EQ(problems_of("./a", {{"./a", "name: t\nincludes: [{file: a}]\n"}}),
            "./a:2:19: includes go in a circle: a -> a\n");
}

TEST(Includes, NotMoreThanOneReads) {
  // Every file includes the next one twice: 2^20 files if nobody counted.
  Files files = {{"0", "name: t\nincludes: [{file: '1'}, {file: '1'}]\n"}, {"20", "bolts:\n"}};
  for (int i = 1; i < 20; ++i)
    files[std::to_string(i)] = fmt::format("includes: [{{file: '{0}'}}, {{file: '{0}'}}]\n", i + 1);
  ReadResult result = read("0", files);
  EXPECT_EQ(result.topology.includes.size(), 100U);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.problems[0].what, "more than 100 files are included");
}

TEST(Includes, AreLookedForBesideAFile) {
  std::string folder = testing::TempDir() + "includes_test";
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/m.yaml") << "name: t\nincludes: [{file: c.yaml}, {file: none.yaml}]\n";
  std::ofstream(folder + "/c.yaml") << "bolts: [{id: b, className: count}]\n";
  ReadResult result = read_file(folder + "/m.yaml");
  std::filesystem::remove_all(folder);
  EXPECT_THAT(classes(result.topology.bolts), ElementsAre("b count"));
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].what, fmt::format("'{}/none.yaml' cannot be opened: No such file or "
                                                 "directory",
                                                 folder));
}

}  // namespace
}  // namespace dnstorm::topology
