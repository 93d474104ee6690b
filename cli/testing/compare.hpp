// Compares what came out of a topology with what a test expects, and says the difference so that
// one sees what to correct. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/testkit/test_topology.hpp"
#include "engine/topology/test_file.hpp"

namespace dnstorm::cli {

struct Mismatch {
  topology::Place place;
  std::string what;
  std::vector<std::string> lines;  // the rows that show it
};

// The rows that are expected: those of `of.rows`, `contains`, `count`. A field that an expected row
// does not name is not compared. Nothing: it is as expected.
std::optional<Mismatch> compare_rows(const topology::TestExpectation& expected,
                                     const testkit::Captured& got,
                                     const testkit::Labels& labels = {});
std::optional<Mismatch> compare_text(const topology::TestExpectation& expected,
                                     const std::string& got);

// Whether two runs gave the same rows, in any order; otherwise the rows that only one has.
std::vector<std::string> compare_runs(const testkit::Captured& first,
                                      const testkit::Captured& other);

}  // namespace dnstorm::cli
