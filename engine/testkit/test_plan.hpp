// From a topology and what a test wants of it to a plan: the named sources and the sinks have
// doubles, and behind each stream to look at stands one that remembers.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/plan/plan.hpp"
#include "engine/testkit/feed.hpp"
#include "engine/testkit/test_topology.hpp"

namespace dnstorm::testkit {

struct Wanted {
  std::map<std::string, MockOptions> mocks;  // by spout
  std::set<std::string> kept;                // sinks
  std::vector<std::string> captures;         // "component" or "component:stream"
};

struct TestPlan {
  plan::Plan plan;
  std::deque<OperatorDef> doubles;  // of operators that the plan points to
  std::map<std::string, std::shared_ptr<Feeding>> feeds;
  std::map<std::string, std::shared_ptr<Captured>> captured;
  std::vector<std::string> captures;  // in order, sinks first
  std::vector<Problem> problems;
};

// `registry` must outlive the plan.
void make_test_plan(const topology::Topology& topology, const OperatorRegistry& registry,
                    Wanted wanted, const TestOptions& options, TestPlan& into);

}  // namespace dnstorm::testkit
