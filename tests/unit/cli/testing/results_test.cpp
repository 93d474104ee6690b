#include "cli/testing/results.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace dnstorm::cli {
namespace {

std::vector<FileResults> some() {
  TestResult good{"good", {3, 5, 0}, TestStatus::passed, {}, 20, 0.5};
  TestResult wrong{"a < b", {9, 5, 0}, TestStatus::failed, {"t.yaml:9:5: no", "  got 1"}, 1, 0};
  return {{"t.yaml", {}, {good, wrong}}};
}

TEST(Results, ForPeople) {
  EXPECT_EQ(result_text(some()[0].tests[0]), "ok      good (20 runs)\n");
  EXPECT_EQ(result_text(some()[0].tests[1]), "FAILED  a < b\n  t.yaml:9:5: no\n    got 1\n");
  EXPECT_EQ(summary_text(some()), "1 passed, 1 failed\n");
  auto files = some();
  files.push_back({"u.yaml", {"u.yaml: is empty"}, {}});
  EXPECT_EQ(summary_text(files), "1 passed, 1 failed, 1 could not run\n");
}

TEST(Results, ExitCodes) {
  auto files = some();
  EXPECT_EQ(results_code(files), 1);
  files[0].tests.pop_back();
  EXPECT_EQ(results_code(files), 0);
  files[0].tests[0].status = TestStatus::bad;
  EXPECT_EQ(results_code(files), 2);
  EXPECT_EQ(results_code({{"u.yaml", {"is empty"}, {}}}), 2);
}

TEST(Results, ForProgramsAsJUnit) {
  std::string text = junit_xml(some());
  EXPECT_NE(text.find("<testsuite name=\"t.yaml\" tests=\"2\" failures=\"1\" errors=\"0\">"),
            std::string::npos);
  EXPECT_NE(text.find("name=\"a &lt; b\" file=\"t.yaml\" line=\"9\" time=\"0.000\">"),
            std::string::npos);
  EXPECT_NE(text.find("<failure message=\"t.yaml:9:5: no\">t.yaml:9:5: no\n  got 1</failure>"),
            std::string::npos);
}

TEST(Results, ForProgramsAsJson) {
  auto json = nlohmann::json::parse(results_json(some()));
  EXPECT_EQ(json["passed"], 1);
  EXPECT_EQ(json["files"][0]["tests"][1]["status"], "failed");
  EXPECT_EQ(json["files"][0]["tests"][1]["lines"][0], "t.yaml:9:5: no");
}

}  // namespace
}  // namespace dnstorm::cli
