// One run of a test: the topology put together, fed, and what came out of it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/testing/run_case.hpp"
#include "engine/testkit/test_topology.hpp"

namespace dnstorm::cli {

// The number tables of the operators.
testkit::Labels operator_labels();

// A test with all its rows, those of files too, and the captures that it needs.
struct PreparedTest {
  topology::TestCase test;
  topology::Topology topology;                 // with the test's settings
  std::map<std::string, std::string> writers;  // sinks whose text is looked at, and their file
  std::vector<topology::Diagnostic> problems;  // of the test
};
PreparedTest prepare_test(const topology::TestCase& test, const TestSetup& setup);

struct RunOutcome {
  std::vector<topology::Diagnostic> problems;  // of the test: nothing has run
  std::vector<std::string> refused;            // of the topology: nothing has run
  std::string error;                           // that the run has ended with; empty: none
  std::map<std::string, testkit::Captured> captured;
  std::map<std::string, std::string> texts;  // by sink
  std::uint64_t acked = 0;
  std::uint64_t failed = 0;
};
RunOutcome run_once(const PreparedTest& prepared, const TestSetup& setup, std::uint64_t seed,
                    std::uint32_t parallelism);

}  // namespace dnstorm::cli
