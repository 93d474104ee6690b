// Runs one test of a test file: as the topology is written and at other degrees of parallelism,
// under several seeds each. Every run has to give the same, and what the test expects.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/api/registry.hpp"
#include "engine/topology/test_file.hpp"

namespace dnstorm::cli {

// What a test runs on.
struct TestSetup {
  const topology::TestFile* file = nullptr;
  const topology::ReadResult* topology = nullptr;
  const OperatorRegistry* registry = nullptr;
  std::string folder;       // for what runs write
  std::uint32_t seeds = 0;  // 0: as the test says
  std::function<void(const std::string& name, std::size_t run, std::size_t runs)> progress;
};

enum class TestStatus {
  passed,
  failed,
  bad,  // the test is wrong: it was not run, or not to its end
};

struct TestResult {
  std::string name;
  topology::Place place;
  TestStatus status = TestStatus::passed;
  std::vector<std::string> lines;  // why, each with its place
  std::size_t runs = 0;
  double seconds = 0;
};

TestResult run_case(const topology::TestCase& test, const TestSetup& setup);

}  // namespace dnstorm::cli
