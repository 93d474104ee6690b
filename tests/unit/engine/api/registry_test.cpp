#include "engine/api/registry.hpp"

#include <gtest/gtest.h>

namespace dnstorm {
namespace {

OperatorDef named(std::string name, std::vector<std::string> aliases = {}) {
  OperatorDef def;
  def.name = std::move(name);
  def.aliases = std::move(aliases);
  return def;
}

TEST(Registry, FindsByNameAndAliasAndItsSimpleName) {
  OperatorRegistry registry;
  registry.add(named("count", {"org.apache.storm.Count", "org.apache.storm.Windows$Tally"}));
  registry.add(named("top"));
  ASSERT_NE(registry.find("count"), nullptr);
  EXPECT_EQ(registry.find("org.apache.storm.Count"), registry.find("count"));
  EXPECT_EQ(registry.find("Count"), registry.find("count"));
  EXPECT_EQ(registry.find("Tally"), registry.find("count"));
  EXPECT_EQ(registry.find("storm.Count"), nullptr);
  EXPECT_EQ(registry.find(""), nullptr);
  EXPECT_THAT(registry.names(), testing::ElementsAre("count", "top"));
  EXPECT_THAT(registry.all_names(),
              testing::ElementsAre("count", "top", "org.apache.storm.Count", "Count",
                                   "org.apache.storm.Windows$Tally", "Tally"));
}

GroupingDef grouping(std::string name, std::vector<std::string> aliases = {}) {
  GroupingDef def;
  def.name = std::move(name);
  def.aliases = std::move(aliases);
  return def;
}

TEST(Registry, KeepsGroupingsApartFromOperators) {
  OperatorRegistry registry;
  registry.add(named("count"));
  registry.add(grouping("near", {"org.example.Near"}));
  EXPECT_EQ(registry.find("near"), nullptr);
  EXPECT_EQ(registry.find_grouping("count"), nullptr);
  ASSERT_NE(registry.find_grouping("near"), nullptr);
  EXPECT_EQ(registry.find_grouping("Near"), registry.find_grouping("near"));
  EXPECT_THAT(registry.all_grouping_names(),
              testing::ElementsAre("near", "org.example.Near", "Near"));
}

TEST(RegistryDeathTest, AGroupingAndAnOperatorOfOneNameAreABug) {
  OperatorRegistry registry;
  registry.add(named("count"));
  EXPECT_DEATH(registry.add(grouping("count")), "two operators have one name.*count");
}

TEST(RegistryDeathTest, TwoOfOneNameAreABug) {
  OperatorRegistry registry;
  registry.add(named("count"));
  EXPECT_DEATH(registry.add(named("count")), "two operators have one name.*count");
  EXPECT_DEATH(registry.add(named("top", {"org.count"})), "two operators have one name.*count");
}

TEST(RegistryDeathTest, ArgumentsWithoutAnOptionAreABug) {
  OperatorRegistry registry;
  OperatorDef constructed = named("count");
  constructed.constructor = {"by"};
  EXPECT_DEATH(registry.add(constructed), "a constructor sets an option that is not there.*count");
  OperatorDef called = named("top");
  called.methods = {{"withBy", {"by"}}};
  EXPECT_DEATH(registry.add(called), "a method sets an option that is not there.*withBy");
}

TEST(RequireField, GivesTheFieldOrNamesThoseThereAre) {
  InputDecl input{"src", "default", Schema({{"qname", Type::str}, {"qtype", Type::u16}})};
  auto good = require_field(input, "qtype", "by");
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->type, Type::u16);
  auto near = require_field(input, "qnmae", "by");
  EXPECT_EQ(near.error().what,
            "stream 'default' of 'src' has no field 'qnmae', did you mean 'qname'?");
  EXPECT_EQ(near.error().subject, "by");
  EXPECT_EQ(require_field(input, "client", "by").error().what,
            "stream 'default' of 'src' has no field 'client'; it has qname, qtype");
}

}  // namespace
}  // namespace dnstorm
