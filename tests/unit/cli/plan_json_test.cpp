#include "cli/plan_json.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "cli/load.hpp"

namespace dnstorm::cli {
namespace {

using nlohmann::json;

constexpr const char* words = R"(name: t
spouts: [{id: words, className: words}]
bolts:
  - {id: counts, className: count, parallelism: 2, properties: {by: [word], window: 0s}}
  - {id: out, className: discard}
streams:
  - {from: words, to: counts, grouping: {type: FIELDS, args: [word]}}
  - {from: counts, to: out, grouping: {type: GLOBAL}}
)";

json explain(const std::string& text) {
  ApiRequest request;
  request.method = "POST";
  request.body = text;
  const ApiAnswer answer = explain_answer(request);
  EXPECT_EQ(answer.status, 200u);
  return json::parse(answer.body);
}

std::string only_problem(const std::string& text) {
  const json answer = explain(text);
  EXPECT_EQ(answer["problems"].size(), 1u) << answer;
  return answer["problems"][0]["what"];
}

TEST(PlanJson, HasComponentsEdgesAndTheTextOfExplain) {
  const json plan = explain(words)["plan"];
  EXPECT_EQ(plan["topology"], "t");
  EXPECT_EQ(plan["tasks"], 4);
  ASSERT_EQ(plan["components"].size(), 3u);
  EXPECT_EQ(plan["components"][0]["kind"], "spout");
  EXPECT_EQ(plan["components"][1]["tasks"], 2);
  EXPECT_EQ(plan["components"][1]["chained_to"], nullptr);
  EXPECT_EQ(plan["components"][2]["kind"], "sink");
  EXPECT_EQ(plan["components"][0]["outputs"][0]["fields"],
            json::array({{{"name", "word"}, {"type", "string"}}}))
      << "the time is not read, and pruned";
  EXPECT_EQ(plan["edges"][0], json({{"from", "words"},
                                    {"stream", "default"},
                                    {"to", "counts"},
                                    {"grouping", "FIELDS"},
                                    {"fields", {"word"}}}));
  OperatorRegistry registry = builtin_registry();
  EXPECT_EQ(plan["text"], plan::explain(*load_plan_text(words, "t.yaml", {}, registry)));
}

TEST(PlanJson, EveryProblemHasLineAndColumn) {
  const json answer = explain(
      "name: t\nspouts: [{id: w, className: wrods}]\nbolts:\n  - {id: o, "
      "className: nothing}\nstreams: []\n");
  ASSERT_EQ(answer["problems"].size(), 3u) << answer;
  EXPECT_EQ(answer["problems"][0]["line"], 2);
  EXPECT_EQ(answer["problems"][0]["column"], 29);
  EXPECT_EQ(answer["problems"][1]["line"], 4);
}

TEST(PlanJson, NoFileIsOpenedForIt) {
  EXPECT_NE(
      only_problem("name: t\nincludes: [{resource: false, file: /etc/passwd}]\n").find("inclu"),
      std::string::npos);
  // A file that does not exist would be missed by who opened it.
  const std::string lookup = R"(name: t
spouts: [{id: words, className: words}]
bolts:
  - {id: known, className: lookup, properties: {of: word, found: known, file: /nowhere/list.txt}}
  - {id: out, className: discard}
streams:
  - {from: words, to: known, grouping: {type: SHUFFLE}}
  - {from: known, to: out, grouping: {type: SHUFFLE}}
)";
  EXPECT_TRUE(explain(lookup).contains("plan")) << explain(lookup);
}

TEST(PlanJson, NoPlugInIsLoadedForIt) {
  const std::string text = std::string(words) + "plugins: [/nowhere/evil.so]\n";
  EXPECT_NE(only_problem(text).find("evil.so' is not loaded"), std::string::npos);
}

TEST(PlanJson, TheEnvironmentIsNotTold) {
  ASSERT_NE(std::getenv("PATH"), nullptr);
  EXPECT_NE(only_problem("name: \"${ENV-PATH}\"\n" + std::string(words).substr(8)).find("PATH"),
            std::string::npos);
  EXPECT_EQ(explain("name: \"${ENV-PATH}\"\n").dump().find(std::getenv("PATH")), std::string::npos);
}

TEST(PlanJson, WhatIsNoTopologyIsAProblemToo) {
  for (const std::string& text : {std::string(), std::string("\xff\xfe\x00<b>", 6),
                                  std::string(2'000'000, '['), std::string("- 1\n- 2\n")})
    EXPECT_FALSE(explain(text)["problems"].empty());
}

TEST(PlanJson, OnlyWhatIsSentIsExplained) {
  ApiRequest request;
  request.method = "GET";
  EXPECT_EQ(explain_answer(request).status, 405u);
}

}  // namespace
}  // namespace dnstorm::cli
