// ${...} in topology files: what is put in, and that every place stays the one in the file.
#include <gtest/gtest.h>

#include "engine/topology/topology.hpp"

namespace dnstorm::topology {
namespace {

using testing::ElementsAre;

Variables variables() {
  Variables made;
  made.properties = {
      {"name", "dns"},          {"file.pcap", "a.pcap"}, {"fields", "[qname, qtype]"},
      {"plain", "a, \"b, c\""}, {"list[1]", "literal"},  {"list", "x, y"},
      {"nothing", ""},          {"broken", "a\nb"},      {"long", "0123456789"},
      {"colon", "a: b"}};
  made.environment = {{"HOME", "/srv/me"}, {"PATHS", "/bin,/usr/bin"}, {"LINES", "a\nb"}};
  return made;
}

ReadResult read(const std::string& text) { return read_text(text, "t", variables()); }

std::string problems_of(const std::string& text) {
  std::string lines;
  for (const Diagnostic& problem : read(text).problems) lines += to_string("t", problem) + "\n";
  return lines;
}

// What `value` in `config: {k: value}` is after it all.
std::vector<std::string> values_of(const std::string& value) {
  ReadResult result = read("name: t\nconfig:\n  k: " + value + "\n");
  for (const Diagnostic& problem : result.problems) ADD_FAILURE() << to_string("t", problem);
  auto found = result.topology.config.find("k");
  return found == result.topology.config.end() ? std::vector<std::string>() : found->second.values;
}

TEST(Substitution, F2_PropertiesAndEnvironment) {
  EXPECT_THAT(values_of("${name}"), ElementsAre("dns"));
  EXPECT_THAT(values_of("${ENV-HOME}"), ElementsAre("/srv/me"));
  EXPECT_EQ(read("name: ${name}-${ENV-HOME}\n").topology.name, "dns-/srv/me");
}

TEST(Substitution, SeveralInALineAndWithinAWord) {
  EXPECT_THAT(values_of("x-${name}/${file.pcap}.${name}"), ElementsAre("x-dns/a.pcap.dns"));
  EXPECT_THAT(values_of("'${name} ${nothing}x'"), ElementsAre("dns x"));
}

TEST(Substitution, F2_ListsAndTheirElements) {
  EXPECT_THAT(values_of("${fields}"), ElementsAre("qname", "qtype"));
  EXPECT_THAT(values_of("[${fields[1]}, ${fields[0]}]"), ElementsAre("qtype", "qname"));
  EXPECT_THAT(values_of("[${plain[1]}, z]"), ElementsAre("b, c", "z"));
  EXPECT_THAT(values_of("${ENV-PATHS[1]}"), ElementsAre("/usr/bin"));
  // A key that is called so comes before an element.
  EXPECT_THAT(values_of("[${list[0]}, ${list[1]}]"), ElementsAre("x", "literal"));
}

TEST(Substitution, WhatIsPutInIsYaml) {
  EXPECT_EQ(problems_of("name: t\nconfig: {k: ${colon}}\n"),
            "t:2:13: YAML: end of map flow not found\n");
}

TEST(Substitution, NotInComments) {
  EXPECT_EQ(problems_of("# ${a}\nname: t # ${b}\nconfig: # ${c}\n  k: 'x # ${name}' # ${d}\n"), "");
  EXPECT_THAT(values_of("'it''s # ${name}' # ${x}"), ElementsAre("it's # dns"));
  EXPECT_THAT(values_of("\"a \\\" # ${name}\" # ${x}"), ElementsAre("a \" # dns"));
  EXPECT_THAT(values_of("&anchor 'a # ${name}' # ${x}"), ElementsAre("a # dns"));
  EXPECT_THAT(values_of("don't # ${x}"), ElementsAre("don't"));
  EXPECT_THAT(values_of("a#${name}"), ElementsAre("a#dns"));
  EXPECT_THAT(values_of("'over\n    lines # ${name}' # ${x}"), ElementsAre("over lines # dns"));
}

TEST(Substitution, ABlockOfTextHasNoComments) {
  EXPECT_THAT(values_of("|\n    # ${name}\n\n    it's\n  # ${x}"), ElementsAre("# dns\n\nit's\n"));
  EXPECT_THAT(values_of("\n  - a\n  - >-\n    # ${name}\n  - b # ${x}"),
              ElementsAre("a", "# dns", "b"));
  EXPECT_EQ(problems_of("name: t\nbolts:\n- id: |-\n    b # ${name}\n  # ${x}\n  className: c\n"),
            "");
}

TEST(Substitution, SaysWhatHasNoValue) {
  EXPECT_EQ(problems_of("name: ${nmae}\nconfig: {k: ${ENV-HOEM}, l: ${ENV-zzzzzzz}}\n"
                        "streams: ${what.ever.it.is}\n"),
            "t:1:7: '${nmae}' has no value, did you mean '${name}'?\n"
            "t:2:13: '${ENV-HOEM}' has no value, did you mean '${ENV-HOME}'?\n"
            "t:2:29: '${ENV-zzzzzzz}' has no value; the environment has no such variable\n"
            "t:3:10: '${what.ever.it.is}' has no value; give a file that has it by --filter\n");
  EXPECT_EQ(problems_of("name: ${feilds[0]}\n"),
            "t:1:7: '${feilds[0]}' has no value, did you mean '${fields}'?\n");
}

TEST(Substitution, SaysWhatElseIsWrong) {
  EXPECT_EQ(problems_of("name: ${list[2]}\n"),
            "t:1:7: there is no '${list[2]}'; the list has 2 elements, counted from 0\n");
  EXPECT_EQ(problems_of("name: ${name[1]}\n"),
            "t:1:7: there is no '${name[1]}'; the list has 1 element, counted from 0\n");
  EXPECT_EQ(problems_of("name: ${broken}\nconfig: {k: ${ENV-LINES}}\n"),
            "t:1:7: the value of '${broken}' has a line break; it may have one line only\n"
            "t:2:13: the value of '${ENV-LINES}' has a line break; it may have one line only\n");
  EXPECT_EQ(problems_of("name: a ${name\n# }\n"), "t:1:9: '${' without a '}' in its line\n");
}

TEST(Substitution, ColumnsAreThoseOfTheFile) {
  // Behind a value that is shorter, and one that is longer, than what stands for it.
  EXPECT_EQ(
      problems_of("name: t\nbolts: [{id: ${name}, clas: c}]\n"),
      "t:2:9: bolt 'dns' has no 'className'\n"
      "t:2:23: unknown key 'clas' of bolt 'dns'; known are id, className, parallelism, "
      "numTasks, config, constructorArgs, properties, configMethods, place, onHeapMemoryLoad, "
      "offHeapMemoryLoad, cpuLoad\n");
  EXPECT_EQ(problems_of("name: t\nconfig: {a: ${long}${nothing}${long}, b: {}}\n"),
            "t:2:39: 'b' takes a value or a list of values, not a map\n");
  // Within a value: where it is asked for.
  EXPECT_EQ(problems_of("name: t\nbolts: [x, {id: a, className: c, parallelism: ${long}}]\n"),
            "t:2:9: a bolt is a map of 'key: value', not a single value\n"
            "t:2:47: 'parallelism' of bolt 'a' is a whole number between 1 and 1024, not "
            "'0123456789'\n");
  EXPECT_EQ(problems_of("name: t\nbolts: ${fields}\n"),
            "t:2:8: a bolt is a map of 'key: value', not a single value\n"
            "t:2:8: a bolt is a map of 'key: value', not a single value\n");
}

TEST(Substitution, DoesNotGrowWithoutBound) {
  Variables large;
  large.properties = {{"x", std::string(10'000, 'x')}};
  std::string text = "name: t\nconfig:\n";
  for (int i = 0; i < 10'000; ++i) text += "  k: ${x}${x}${x}${x}\n";
  ReadResult result = read_text(text, "t", large);
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].what, "is larger than 1024 KiB; a topology is smaller");
}

}  // namespace
}  // namespace dnstorm::topology
