// Operators that only declare themselves, and what the tests of engine/plan ask again and again.
// Nothing here runs.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/plan/plan.hpp"

namespace dnstorm::plan::testing {

// packets (spout: default, drops), filter (forwards), widen (adds `network` to its input), unite
// (all its inputs as one), count
// (keeps state by `by`; light by rcode), top (keyed exactly), rank (one task), reads (sink that
// reads the fields it is told), blind (sink of none); near (a grouping by the field it is told);
// system (spout of the system streams); watch (task hook), fetch (worker hook).
const OperatorRegistry& registry();

// Reads and expands; the topology has to be good YAML.
ExpandResult expand_text(const std::string& yaml, const ExpandOptions& options = {});
// The plan of a topology that has to be valid.
Plan plan_of(const std::string& yaml, const ExpandOptions& options = {});
// One line a problem, as "line:column: what".
std::string problems_of(const std::string& yaml, const ExpandOptions& options = {});

const ComponentPlan& find(const Plan& plan, const std::string& id);
// Names of the fields of an output, or "-" for a stream without readers.
std::string fields_of(const Plan& plan, const std::string& id, std::size_t output = 0);

}  // namespace dnstorm::plan::testing
