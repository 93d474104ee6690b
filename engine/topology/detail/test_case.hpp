// One test of a test file: what a topology is fed, and what is to come out of it.
#pragma once

#include "engine/topology/detail/fields.hpp"
#include "engine/topology/test_file.hpp"

namespace dnstorm::topology::detail {

// What a file may say once for all its tests: set, config, keep, seeds, parallelism, until.
void read_common(Fields& fields, TestCase& into, Problems& problems);

// `common` is what holds where the test says nothing else.
TestCase read_test_case(const Node& node, const TestCase& common, Problems& problems);

// Rows: a list of maps from fields to values, with `at` for the time of the clock.
std::vector<TestRow> read_rows(const Entry& entry, Problems& problems);
TestSource read_source(const Entry& entry, Problems& problems);
TestExpectation read_expectation(const Entry& entry, Problems& problems);

}  // namespace dnstorm::topology::detail
