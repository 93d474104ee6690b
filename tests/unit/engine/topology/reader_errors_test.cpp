// Tables of bad files and the lines that they get: the text is what a user reads, so all of it
// counts.
#include <gtest/gtest.h>

#include "engine/topology/topology.hpp"

namespace dnstorm::topology {
namespace {

struct Row {
  const char* what;
  std::string yaml;
  std::string wanted;
};

std::string problems_of(const std::string& yaml) {
  std::string text;
  for (const Diagnostic& problem : read_text(yaml, "t").problems)
    text += to_string("t", problem) + "\n";
  return text;
}

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(problems_of(row.yaml), row.wanted) << row.what;
}

TEST(ReaderErrors, Yaml) {
  check({
      {"empty", "", "t: is empty; a topology has at least a name, spouts and streams\n"},
      {"only a comment", "# nothing\n",
       "t: is empty; a topology has at least a name, spouts and streams\n"},
      {"open list", "name: t\nspouts: [a\n", "t:3:1: YAML: end of sequence flow not found\n"},
      {"bad indentation", "name: t\n  bolts: x\n", "t:2:8: YAML: illegal map value\n"},
      {"tab", "name: t\nbolts:\n\t- id: a\n",
       "t:3:2: YAML: illegal block entry; indent by spaces, not by tabs\n"},
      {"unknown alias", "name: *nobody\n", "t:1:7: YAML: the referenced anchor is not defined\n"},
      {"alias in itself", "name: t\nconfig: &a {x: *a}\n",
       "t:2:16: an alias inside of what it names\n"},
      {"two documents", "name: t\n---\nname: u\n",
       "t:2:1: a second YAML document; one is enough\n"},
      {"NUL byte", std::string("name: t\0", 8), "t: is not a text file\n"},
      {"a map as key", "name: t\n? {a: b}\n: c\n", "t:2:3: a key is a word, not a map\n"},
      {"key twice", "name: t\nconfig: {a: 1}\nname: u\n",
       "t:3:1: key 'name' stands twice, first in line 1\n"},
      {"key twice inside", "name: t\nbolts:\n- id: a\n  className: c\n  id: b\n",
       "t:5:3: key 'id' stands twice, first in line 3\n"},
      {"a list on top", "- name: t\n", "t:1:1: a topology is a map of 'key: value', not a list\n"},
      {"a scalar on top", "hello\n",
       "t:1:1: a topology is a map of 'key: value', not a single value\n"},
  });
}

TEST(ReaderErrors, TopLevel) {
  check({
      {"no name", "bolts: []\n", "t:1:1: a topology has no 'name'\n"},
      {"empty name", "name: ''\n", "t:1:7: the name of a topology is empty\n"},
      {"name is a list", "name: [a]\n",
       "t:1:1: 'name' of a topology is a single value, not a list\n"},
      {"unknown key", "name: t\nsput: []\nwhatever: 1\n",
       "t:2:1: unknown key 'sput' of a topology; known are name, config, plugins, components, "
       "workerHooks, spouts, bolts, streams, includes\n"
       "t:3:1: unknown key 'whatever' of a topology; known are name, config, plugins, components, "
       "workerHooks, spouts, bolts, streams, includes\n"},
      {"worker hooks that are none",
       "name: t\nworkerHooks:\n- {className: x}\n- {id: a}\n- {id: b, className: x, parallelism: "
       "2}\n"
       "- {id: b, className: x}\n",
       "t:3:3: a worker hook has no 'id'\n"
       "t:4:3: worker hook 'a' has no 'className'\n"
       "t:5:25: unknown key 'parallelism' of worker hook 'b'; known are id, className, "
       "constructorArgs, properties, configMethods\n"
       "t:6:8: id 'b' is taken already, in line 5\n"},
      {"what only a JVM can do", "name: t\ntopologySource: {className: x}\n",
       "t:2:1: 'topologySource' of a topology cannot be asked: it is a Java class that builds a "
       "topology; write down its spouts, bolts and streams\n"},
      {"plug-ins that are none", "name: t\nplugins: [a.so, '', {file: b.so}]\n",
       "t:2:17: a plug-in is the path or the name of a shared library, not an empty text\n"
       "t:2:21: a plug-in is the path or the name of a shared library, not a map\n"},
      {"plug-ins that are no list", "name: t\nplugins: a.so\n",
       "t:2:1: 'plugins' of a topology is a list ('- ...' in each line), not a single value\n"},
      {"includes without a file", "name: t\nincludes: [{file: x.yaml}]\n",
       "t:2:19: a topology that is not a file can include none\n"},
      {"spouts is a map", "name: t\nspouts: {id: a}\n",
       "t:2:1: 'spouts' of a topology is a list ('- ...' in each line), not a map\n"},
      {"config is a list", "name: t\nconfig: [a]\n",
       "t:2:9: 'config' is a map of 'key: value', not a list\n"},
      {"config value is a map", "name: t\nconfig:\n  a: {b: c}\n",
       "t:3:3: 'a' takes a value or a list of values, not a map\n"},
      {"config value is nothing", "name: t\nconfig:\n  a:\n", "t:3:3: 'a' has no value\n"},
  });
}

TEST(ReaderErrors, Components) {
  std::string head = "name: t\nbolts:\n";
  check({
      {"not a map", head + "- count\n",
       "t:3:3: a bolt is a map of 'key: value', not a single value\n"},
      {"no id, no class", head + "- {parallelism: 2}\n",
       "t:3:3: a bolt has no 'id'\n"
       "t:3:3: a bolt has no 'className'\n"},
      {"unknown key", head + "- {id: a, className: c, paralelism: 2}\n",
       "t:3:25: unknown key 'paralelism' of bolt 'a', did you mean 'parallelism'?\n"},
      {"empty id", head + "- {id: '', className: c}\n", "t:3:8: the id of a bolt is empty\n"},
      {"slash", head + "- {id: a/b, className: c}\n",
       "t:3:8: the id of bolt 'a/b' contains a '/'\n"},
      {"underscores", head + "- {id: __a, className: c}\n",
       "t:3:8: the id of bolt '__a' begins with '__', which is kept for the engine\n"},
      {"same id", "name: t\nspouts:\n- {id: a, className: s}\nbolts:\n- {id: a, className: c}\n",
       "t:5:8: id 'a' is taken already, in line 3\n"},
      {"parallelism 0", head + "- {id: a, className: c, parallelism: 0}\n",
       "t:3:38: 'parallelism' of bolt 'a' is a whole number between 1 and 1024, not '0'\n"},
      {"parallelism text", head + "- {id: a, className: c, parallelism: two}\n",
       "t:3:38: 'parallelism' of bolt 'a' is a whole number between 1 and 1024, not 'two'\n"},
      {"parallelism list", head + "- {id: a, className: c, parallelism: [2]}\n",
       "t:3:25: 'parallelism' of bolt 'a' is a single value, not a list\n"},
      {"too many tasks", head + "- {id: a, className: c, numTasks: 1025}\n",
       "t:3:35: 'numTasks' of bolt 'a' is a whole number between 1 and 1024, not '1025'\n"},
      {"tasks differ", head + "- {id: a, className: c, numTasks: 2, config: {topology.tasks: 3}}\n",
       "t:3:63: topology.tasks of bolt 'a' is 3, but numTasks is 2; one of them is enough\n"},
      {"config is a list", head + "- {id: a, className: c, config: [topology.task]}\n",
       "t:3:33: 'config' of bolt 'a' is a map of 'key: value', not a list\n"},
      {"constructorArgs", head + "- {id: a, className: c, constructorArgs: 1}\n",
       "t:3:25: 'constructorArgs' of bolt 'a' is a list of arguments, not a single value\n"},
      {"an argument that is a map",
       head + "- {id: a, className: c, constructorArgs: [1, {x: y}]}\n",
       "t:3:46: 'constructorArgs[1]' takes a value or a list of values, not a map\n"},
      {"an argument of a method",
       head + "- {id: a, className: c, configMethods: [{name: m, args: "
              "[~]}]}\n",
       "t:3:58: 'm[0]' has no value\n"},
      {"methods", head + "- {id: a, className: c, configMethods: {name: m}}\n",
       "t:3:25: 'configMethods' of bolt 'a' is a list of {name, args}\n"},
      {"method without a name", head + "- {id: a, className: c, configMethods: [{arg: 1}]}\n",
       "t:3:41: a method of bolt 'a' has no 'name'\n"
       "t:3:42: unknown key 'arg' of a method of bolt 'a', did you mean 'args'?\n"},
      {"factory", head + "- {id: a, className: c, factory: of, factoryArgs: [1]}\n",
       "t:3:25: 'factory' of bolt 'a' is of no use: an operator has no factory; give "
       "'constructorArgs' or 'properties'\n"
       "t:3:38: 'factoryArgs' of bolt 'a' is of no use: an operator has no factory; give "
       "'constructorArgs' or 'properties'\n"},
      {"load", head + "- {id: a, className: c, cpuLoad: much, onHeapMemoryLoad: -1}\n",
       "t:3:34: 'cpuLoad' of bolt 'a' is a number from 0, not 'much'\n"
       "t:3:58: 'onHeapMemoryLoad' of bolt 'a' is a number from 0, not '-1'\n"},
  });
}

TEST(ReaderErrors, Properties) {
  std::string head = "name: t\nbolts:\n- id: a\n  className: c\n  properties:";
  check({
      {"scalar", head + " x\n", "t:5:3: 'properties' of bolt 'a' is a map of 'option: value'\n"},
      {"map as value", head + " {k: {x: 1}}\n",
       "t:5:16: 'k' takes a value or a list of values, not a map\n"},
      {"list of maps", head + " {k: [1, {x: 1}]}\n",
       "t:5:23: 'k' is a list of single values; this one is a map\n"},
      {"nothing", head + " {k: }\n", "t:5:16: 'k' has no value\n"},
      {"value and ref", head + "\n  - {name: k, value: 1, ref: r}\n",
       "t:6:12: property 'k' of bolt 'a' takes either 'value' or 'ref'\n"},
      {"neither", head + "\n  - {name: k}\n",
       "t:6:12: property 'k' of bolt 'a' takes either 'value' or 'ref'\n"},
      {"no name", head + "\n  - {value: 1}\n", "t:6:5: a property of bolt 'a' has no 'name'\n"},
      {"twice", head + "\n  - {name: k, value: 1}\n  - {name: k, value: 2}\n",
       "t:7:12: property 'k' stands twice\n"},
      {"unknown ref",
       "name: t\ncomponents: [{id: window, className: value, constructorArgs: [1]}]\nbolts:\n"
       "- {id: a, className: c, properties: {k: {ref: windw}}}\n",
       "t:4:47: no component 'windw' to refer to, did you mean 'window'?\n"},
  });
}

TEST(ReaderErrors, Streams) {
  std::string head = "name: t\nstreams:\n";
  check({
      {"no ends", head + "- {name: x}\n",
       "t:3:3: a stream has no 'from'\n"
       "t:3:3: a stream has no 'to'\n"},
      {"unknown key", head + "- {from: a, too: b}\n",
       "t:3:3: a stream has no 'to'\n"
       "t:3:13: unknown key 'too' of a stream, did you mean 'to'?\n"},
      {"grouping is a scalar", head + "- {from: a, to: b, grouping: SHUFFLE}\n",
       "t:3:30: the grouping of stream 'a' -> 'b' is a map of 'key: value', not a single value\n"},
      {"no type", head + "- {from: a, to: b, grouping: {streamId: s}}\n",
       "t:3:30: the grouping of stream 'a' -> 'b' has no 'type'\n"},
      {"unknown type", head + "- {from: a, to: b, grouping: {type: SHUFLE}}\n",
       "t:3:37: the grouping of stream 'a' -> 'b' has the unknown type 'SHUFLE', did you mean "
       "'SHUFFLE'?\n"},
      {"unlike any type", head + "- {from: a, to: b, grouping: {type: zzz}}\n",
       "t:3:37: the grouping of stream 'a' -> 'b' has the unknown type 'zzz'; known are SHUFFLE, "
       "FIELDS, PARTIAL_KEY, ALL, GLOBAL, LOCAL_OR_SHUFFLE, NONE, DIRECT, CUSTOM\n"},
      {"custom without a name",
       head + "- {from: a, to: b, grouping: {type: custom, customClass: {}}}\n",
       "t:3:58: 'customClass' in the grouping of stream 'a' -> 'b' has no 'className'\n"},
      {"custom without a class", head + "- {from: a, to: b, grouping: {type: CUSTOM}}\n",
       "t:3:37: the grouping of stream 'a' -> 'b' is CUSTOM and has no 'customClass': the "
       "grouping, "
       "as in customClass: {className: first_tasks}\n"},
      {"custom class of shuffle",
       head + "- {from: a, to: b, grouping: {type: ALL, customClass: {className: c}}}\n",
       "t:3:42: the grouping of stream 'a' -> 'b' has a 'customClass', which only CUSTOM takes\n"},
      {"custom with a factory",
       head + "- {from: a, to: b, grouping: {type: CUSTOM, customClass: {className: c, factory: "
              "f}}}\n",
       "t:3:73: 'factory' of 'customClass' in the grouping of stream 'a' -> 'b' is of no use: a "
       "grouping has no factory; give 'constructorArgs' or 'properties'\n"},
      {"fields without args", head + "- {from: a, to: b, grouping: {type: FIELDS}}\n",
       "t:3:20: the grouping of stream 'a' -> 'b' is FIELDS and has no 'args': the fields to group "
       "by, as in args: [qname]\n"},
      {"fields with no arg", head + "- {from: a, to: b, grouping: {type: FIELDS, args: []}}\n",
       "t:3:51: the grouping of stream 'a' -> 'b' is FIELDS and has no 'args': the fields to group "
       "by, as in args: [qname]\n"},
      {"args of shuffle", head + "- {from: a, to: b, grouping: {type: ALL, args: [x]}}\n",
       "t:3:42: the grouping of stream 'a' -> 'b' has 'args', which only FIELDS and "
       "PARTIAL_KEY take\n"},
  });
}

TEST(ReaderErrors, ManyAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(problems_of("nam: t\nbolts:\n- {id: a/b, className: c}\nstreams:\n- {from: a}\n"),
            "t:1:1: a topology has no 'name'\n"
            "t:1:1: unknown key 'nam' of a topology, did you mean 'name'?\n"
            "t:3:8: the id of bolt 'a/b' contains a '/'\n"
            "t:5:3: a stream has no 'to'\n");
}

// -- bounds --------------------------------------------------------------------------------------

TEST(ReaderBounds, LargeFiles) {
  EXPECT_EQ(problems_of("name: t\n" + std::string(1024 * 1024, '#')),
            "t: is larger than 1024 KiB; a topology is smaller\n");
}

TEST(ReaderBounds, AliasesCountAsOftenAsTheyAreUsed) {
  std::string yaml = "name: t\nconfig:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i)
    yaml += fmt::format("  a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n",
                        i, i - 1);
  EXPECT_EQ(problems_of(yaml), "t:3:3: more than 50000 values; a topology is smaller\n");
}

TEST(ReaderBounds, Depth) {
  EXPECT_EQ(problems_of("name: t\nconfig: " + std::string(40, '[') + std::string(40, ']')),
            "t:2:40: nested too deeply\n");
  EXPECT_THAT(problems_of(std::string(100'000, '[')), testing::HasSubstr("nested too deeply"));
}

TEST(ReaderBounds, NotMoreProblemsThanOneReads) {
  std::string yaml = "name: t\nbolts:\n";
  for (int i = 0; i < 1000; ++i) yaml += "- {wrong: 1}\n";
  EXPECT_EQ(read_text(yaml, "t").problems.size(), 50u);
}

TEST(ReaderBounds, WordsOfTheFileDoNotBreakTheLine) {
  EXPECT_EQ(problems_of("name: t\n\"a\\nb\": 1\n" + std::string(200, 'x') + ": 1\n"),
            "t:2:1: unknown key 'a?b' of a topology; known are name, config, plugins, components, "
            "workerHooks, spouts, bolts, streams, includes\nt:3:1: unknown key '" +
                std::string(60, 'x') +
                "...' of a topology; known are name, config, plugins, components, workerHooks, "
                "spouts, bolts, streams, includes\n");
}

}  // namespace
}  // namespace dnstorm::topology
