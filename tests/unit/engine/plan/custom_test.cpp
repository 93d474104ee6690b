// Custom groupings: from the topology file into the plan.
#include <gtest/gtest.h>

#include "tests/unit/engine/plan/fake_operators.hpp"

namespace dnstorm::plan {
namespace {

using testing::fields_of;
using testing::find;
using testing::plan_of;
using testing::problems_of;

// Line 6 is the stream.
std::string with(const std::string& custom, const std::string& bolt = "className: blind") {
  return "name: t\nspouts: [{id: src, className: packets, properties: {file: f}}]\nbolts:\n"
         "- {id: b, parallelism: 3, " +
         bolt +
         "}\nstreams:\n- {from: src, to: b, grouping: {type: CUSTOM, customClass: " + custom +
         "}}\n";
}

TEST(Custom, IsPlannedWithItsOptions) {
  Plan plan = plan_of(with("{className: near, constructorArgs: [client]}"));
  const InputPlan& input = find(plan, "b").inputs.at(0);
  EXPECT_EQ(input.grouping, GroupingType::custom);
  ASSERT_TRUE(input.custom);
  EXPECT_EQ(input.custom->def->name, "near");
  EXPECT_EQ(input.custom->options.text("of"), "client");
  EXPECT_EQ(input.custom->options.integer("size"), 24);
  EXPECT_FALSE(find(plan, "b").chained_to);
}

TEST(Custom, IsFoundByAliasAndKeepsWhatItReads) {
  Plan plan = plan_of(with("{className: Near, properties: {of: client}}",
                           "className: reads, properties: {fields: [rcode]}"));
  EXPECT_EQ(fields_of(plan, "src"), "rcode, client");
}

TEST(Custom, TellsWhatIsWrongWithItWhereItStands) {
  auto problem = [](const std::string& custom) { return problems_of(with(custom)); };
  EXPECT_EQ(problem("{className: naer, properties: {of: client}}"),
            "t:6:72: grouping of 'b': no grouping is called 'naer', did you mean 'near'? (`dnstorm "
            "operators` lists them)\n");
  EXPECT_EQ(problem("{className: near}"),
            "t:6:72: grouping of 'b' (near): option 'of' is missing (for tests)\n");
  EXPECT_EQ(problem("{className: near, properties: {of: client, sise: 2}}"),
            "t:6:103: grouping of 'b' (near): unknown option 'sise', did you mean 'size'?\n");
  EXPECT_EQ(problem("{className: near, properties: {of: clint}}"),
            "t:6:91: grouping of 'b' (near): stream 'default' of 'src' has no field 'clint', did "
            "you mean 'client'?\n");
  EXPECT_EQ(problem("{className: near, constructorArgs: [client, 24]}"),
            "t:6:104: grouping of 'b' (near) takes at most 1 argument (of), not 2\n");
  EXPECT_EQ(problem("{className: near, constructorArgs: [client], configMethods: [{name: set}]}"),
            "t:6:128: grouping of 'b' (near) has no method 'set'; it has none, give "
            "'properties'\n");
}

TEST(Custom, DoesNotKeepTogetherWhatStateIsKeptBy) {
  EXPECT_EQ(problems_of(with("{className: near, properties: {of: client}}",
                             "className: count, properties: {by: [client]}")),
            "t:6:22: 'b' (count) has 3 tasks and keeps state by [client]: use grouping FIELDS with "
            "args [client] from 'src', or parallelism 1\n");
}

TEST(Custom, StandsTwiceIfItsOptionsDiffer) {
  const std::string more = "- {from: src, to: b, grouping: {type: CUSTOM, customClass: ";
  const std::string client = with("{className: near, properties: {of: client}}");
  plan_of(client + more + "{className: near, properties: {of: qname}}}}\n");
  EXPECT_EQ(problems_of(client + more + "{className: near, properties: {of: client}}}}\n"),
            "t:7:3: 'b' reads stream 'default' of 'src' twice with the same grouping; every row "
            "would come twice\n");
}

TEST(Custom, IsExplainedAndPartOfTheFingerprint) {
  Plan plan = plan_of(with("{className: near, properties: {of: client}}"));
  EXPECT_NE(explain(plan).find("  <- src/default CUSTOM near {of: client, size: 24}\n"),
            std::string::npos)
      << explain(plan);
  Plan other = plan_of(with("{className: near, properties: {of: client, size: 16}}"));
  EXPECT_NE(fingerprint(plan), fingerprint(other));
}

}  // namespace
}  // namespace dnstorm::plan
