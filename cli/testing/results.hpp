// How results of tests are told: lines for people, JUnit's XML and JSON for programs. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/testing/run_case.hpp"

namespace dnstorm::cli {

struct FileResults {
  std::string file;
  std::vector<std::string> problems;  // of the file itself: none of its tests has run
  std::vector<TestResult> tests;
};

// "ok      name (20 runs)", or FAILED with the reasons below.
std::string result_text(const TestResult& result);
std::string summary_text(const std::vector<FileResults>& files);
std::string junit_xml(const std::vector<FileResults>& files);
std::string results_json(const std::vector<FileResults>& files);

// 0: all passed; 1: a test failed; 2: a file or a test is wrong.
int results_code(const std::vector<FileResults>& files);

}  // namespace dnstorm::cli
