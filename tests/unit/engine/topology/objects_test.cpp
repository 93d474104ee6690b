// Components, references, constructor arguments and methods.
#include <gtest/gtest.h>

#include "engine/topology/topology.hpp"

namespace dnstorm::topology {
namespace {

using testing::ElementsAre;

// `components` is what stands in the list, from line 3 on, one a line.
std::string with(const std::vector<std::string>& components, const std::string& bolt = "") {
  std::string yaml = "name: t\ncomponents:\n";
  for (const std::string& component : components) yaml += "- " + component + "\n";
  if (!bolt.empty()) yaml += "bolts:\n- {id: bolt, className: count, " + bolt + "}\n";
  return yaml;
}

std::string problems_of(const std::string& yaml) {
  std::string lines;
  for (const Diagnostic& problem : read_text(yaml, "t").problems)
    lines += to_string("t", problem) + "\n";
  return lines;
}

Component bolt_of(const std::vector<std::string>& components, const std::string& bolt) {
  ReadResult result = read_text(with(components, bolt), "t");
  for (const Diagnostic& problem : result.problems) ADD_FAILURE() << to_string("t", problem);
  return result.ok() ? result.topology.bolts.at(0) : Component{};
}

// What the property of a bolt is worth that refers to component c.
RawOption value_of(const std::vector<std::string>& components) {
  return bolt_of(components, "properties: {k: {ref: c}}").properties["k"];
}
std::vector<std::string> values_of(const std::string& component) {
  return value_of({"{id: c, " + component + "}"}).values;
}

TEST(Objects, Values) {
  EXPECT_THAT(values_of("className: value, constructorArgs: [10s]"), ElementsAre("10s"));
  RawOption list = value_of({"{id: c, className: value, constructorArgs: [[a, b]]}"});
  EXPECT_THAT(list.values, ElementsAre("a", "b"));
  EXPECT_TRUE(list.is_list);
}

TEST(Objects, F3_Lists) {
  EXPECT_THAT(values_of("className: list, constructorArgs: [a, b]"), ElementsAre("a", "b"));
  EXPECT_THAT(values_of("className: list, constructorArgs: [[a, b]]"), ElementsAre("a", "b"));
  EXPECT_THAT(values_of("className: list"), ElementsAre());
  EXPECT_THAT(values_of("className: java.util.ArrayList, configMethods: [{name: add, args: [a]}, "
                        "{name: addAll, args: [[b, c]]}]"),
              ElementsAre("a", "b", "c"));
  EXPECT_THAT(values_of("className: org.apache.storm.tuple.Fields, constructorArgs: [a, b]"),
              ElementsAre("a", "b"));
  EXPECT_THAT(values_of("className: Fields, constructorArgs: [[a]]"), ElementsAre("a"));
}

TEST(Objects, CountsAndDurations) {
  std::string count = "className: org.apache.storm.topology.base.BaseWindowedBolt$Count";
  std::string duration = "className: org.apache.storm.topology.base.BaseWindowedBolt$Duration";
  EXPECT_THAT(values_of(count + ", constructorArgs: [5]"), ElementsAre("5"));
  EXPECT_THAT(values_of(count + ", factory: of, factoryArgs: [5]"), ElementsAre("5"));
  EXPECT_THAT(values_of(duration + ", constructorArgs: [10, SECONDS]"), ElementsAre("10s"));
  EXPECT_THAT(values_of(duration + ", constructorArgs: [1, MILLISECONDS]"), ElementsAre("1ms"));
  EXPECT_THAT(values_of("className: Duration, factory: of, factoryArgs: [250]"),
              ElementsAre("250ms"));
  EXPECT_THAT(values_of("className: Duration, factory: hours, factoryArgs: [2]"),
              ElementsAre("2h"));
}

TEST(Objects, MapsStandWhereAMapMayStand) {
  EXPECT_EQ(problems_of(with({"{id: m, className: map, properties: {a: 1}}",
                              "{id: n, className: java.util.HashMap, constructorArgs: [{ref: m}], "
                              "configMethods: [{name: put, args: [b, 2]}]}",
                              "{id: o, className: map, properties: [{name: m, ref: n}]}"},
                             "properties: {k: {ref: o}}")),
            "t:7:45: 'k' takes a value or a list of values, not a map\n");
}

TEST(Objects, ReferencesStandAnywhere) {
  std::vector<std::string> components = {
      "{id: a, className: value, constructorArgs: [x]}",
      "{id: b, className: list, constructorArgs: [{ref: a}, y]}",
      "{id: c, className: list, configMethods: [{name: addAll, args: [{ref: b}]}]}"};
  EXPECT_THAT(value_of(components).values, ElementsAre("x", "y"));
  Component bolt = bolt_of(components,
                           "constructorArgs: [{ref: b}, {reflist: [a, a]}, [{ref: a}, z]], "
                           "properties: [{name: p, value: {ref: a}}], "
                           "configMethods: [{name: m, args: [{ref: a}]}]");
  ASSERT_EQ(bolt.constructor_args.size(), 3U);
  EXPECT_THAT(bolt.constructor_args[0].values, ElementsAre("x", "y"));
  EXPECT_THAT(bolt.constructor_args[1].values, ElementsAre("x", "x"));
  EXPECT_THAT(bolt.constructor_args[2].values, ElementsAre("x", "z"));
  EXPECT_THAT(bolt.properties.at("p").values, ElementsAre("x"));
  EXPECT_THAT(bolt.methods.at(0).args.at(0).values, ElementsAre("x"));
}

TEST(Objects, ArgumentsKnowTheirPlace) {
  Component bolt = bolt_of({"{id: a, className: value, constructorArgs: [x]}"},
                           "constructorArgs: [1, {ref: a}], configMethods: [{name: m}]");
  // Where it is asked for, not where the component stands.
  EXPECT_EQ(bolt.constructor_args[1].line, 5);
  EXPECT_EQ(bolt.constructor_args[1].column, 53);
  EXPECT_EQ(bolt.methods.at(0).name, "m");
  EXPECT_EQ(bolt.methods.at(0).place.line, 5);
  EXPECT_EQ(bolt.methods.at(0).place.column, 87);
  EXPECT_TRUE(bolt.methods.at(0).args.empty());
}

TEST(Objects, ConfigOfAVertexIsKept) {
  Component bolt = bolt_of(
      {}, "cpuLoad: 50.0, offHeapMemoryLoad: 0, config: {topology.debug: true, topology.tasks: 4}");
  EXPECT_THAT(bolt.config.at("topology.debug").values, ElementsAre("true"));
  // Flux's words for the scheduler are settings.
  EXPECT_THAT(bolt.config.at("topology.component.cpu.pcore.percent").values, ElementsAre("50.0"));
  EXPECT_THAT(bolt.config.at("topology.component.resources.offheap.memory.mb").values,
              ElementsAre("0"));
  EXPECT_EQ(bolt.config.size(), 3U);
  EXPECT_EQ(bolt.num_tasks, 4U);
}

TEST(Objects, ReferencesLookBackOnly) {
  EXPECT_EQ(problems_of(with({"{id: a, className: list, constructorArgs: [{ref: b}]}",
                              "{id: b, className: list, constructorArgs: [{reflist: [b]}]}",
                              "{id: c, className: list, constructorArgs: [{ref: d}]}"},
                             "properties: {k: {ref: a}, l: {ref: bolt}}")),
            "t:3:52: component 'b' is read later (line 4); a reference looks back only\n"
            "t:4:57: component 'b' refers to itself\n"
            "t:5:52: no component 'd' to refer to; known are a, b\n"
            "t:7:67: no component 'bolt' to refer to; known are a, b, c\n");
  EXPECT_EQ(problems_of(with({"{id: a, className: list, constructorArgs: [{reflist: b}]}"})),
            "t:3:46: 'reflist' is a list of ids of components, as in {reflist: [a, b]}\n");
}

TEST(Objects, F1_SaysWhatAClassDoesNotTake) {
  struct Row {
    std::string component, wanted;
  };
  for (const Row& row : std::vector<Row>{
           {"className: valeu",
            "22: component 'c' has the unknown class 'valeu', did you mean "
            "'value'?"},
           {"className: value", "22: component 'c' (value) takes one argument, the value, not 0"},
           {"className: value, constructorArgs: [1, 2]",
            "29: component 'c' (value) takes one argument, the value, not 2"},
           {"className: value, constructorArgs: 1",
            "29: 'constructorArgs' of component 'c' is a list of arguments, not a single value"},
           {"className: value, constructorArgs: [1], factory: of",
            "51: component 'c' (value) takes either 'constructorArgs' or a 'factory'"},
           {"className: value, factory: of", "38: component 'c' (value) has no factory 'of'"},
           {"className: Duration, factory: secs",
            "41: component 'c' (Duration) has no factory 'secs'; known are of, seconds, minutes, "
            "hours, days"},
           {"className: Count, factory: of",
            "29: component 'c' (Count) takes one argument, a number, not 0"},
           {"className: value, factoryArgs: [1]",
            "29: component 'c' (value) has 'factoryArgs' without a 'factory'"},
           {"className: Count, constructorArgs: [many]",
            "47: component 'c' (Count) takes a whole number above 0, not 'many'"},
           {"className: Duration, constructorArgs: [10]",
            "32: component 'c' (Duration) takes 2 arguments, a number and a unit such as SECONDS, "
            "not 1"},
           {"className: Duration, constructorArgs: [10, SECOND]",
            "54: component 'c' (Duration) takes a unit of time, not 'SECOND', did you mean "
            "'SECONDS'?"},
           {"className: ArrayList, constructorArgs: [10]",
            "51: component 'c' (ArrayList) takes a list, not a single value"},
           {"className: Fields, constructorArgs: [[a, [b]]]",
            "52: component 'c' (Fields) takes names of fields, not a list"},
           {"className: map, constructorArgs: [1]",
            "45: component 'c' (map) takes a map, not a single value"},
           {"className: value, constructorArgs: [1], properties: {a: 1}",
            "64: component 'c' (value) has no property 'a'"},
           {"className: list, configMethods: [{name: append, args: [1]}]",
            "51: component 'c' (list) has no method 'append'; known are add, addAll"},
           {"className: list, configMethods: [{name: add}]",
            "51: component 'c' (list) takes one argument for 'add'"},
           {"className: map, configMethods: [{name: put, args: [1]}]",
            "50: component 'c' (map) takes two arguments, a key and a value, for 'put'"},
           {"className: value, constructorArgs: [1], parallelism: 2",
            "51: unknown key 'parallelism' of component 'c'; known are id, className, "
            "constructorArgs, properties, configMethods, factory, factoryArgs"}})
    // The component begins in line 3, column 3.
    EXPECT_EQ(problems_of(with({"{id: c, " + row.component + "}"})), "t:3:" + row.wanted + "\n");
}

TEST(Objects, OneMistakeGivesOneLine) {
  EXPECT_EQ(problems_of(with({"{id: a, className: value}",
                              "{id: b, className: value, constructorArgs: [{ref: a}]}"},
                             "constructorArgs: [{ref: b}], properties: {k: {ref: a}}")),
            "t:3:22: component 'a' (value) takes one argument, the value, not 0\n");
}

TEST(Objects, ReferencesCountAsOftenAsTheyAreUsed) {
  std::vector<std::string> components = {"{id: a0, className: list, constructorArgs: [x, x]}"};
  for (int i = 1; i < 10; ++i)
    components.push_back(fmt::format(
        "{{id: a{0}, className: value, constructorArgs: [{{reflist: [a{1}, a{1}, a{1}, a{1}, "
        "a{1}, a{1}, a{1}, a{1}]}}]}}",
        i, i - 1));
  EXPECT_EQ(problems_of(with(components)),
            "t:8:48: more than 50000 values; a topology is smaller\n");
}

}  // namespace
}  // namespace dnstorm::topology
