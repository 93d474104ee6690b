// Topologies of tests, said in one line: components separated by spaces, each
//   NAME[:EXECUTORS[/TASKS]][@LABEL | @LABEL* (one per node) | @=NODE][!VERSION][^CORES]
// and settings: exactly-once, finite, workers=N, timeout=SECONDS. The first component is a spout.
#pragma once

#include "cluster/model/shape.hpp"

namespace dnstorm::cluster::testing {

Submission submission(const std::string& name, const std::string& text);

class TestPlanner : public Planner {
 public:
  Result<std::vector<std::string>> labels_per_node(const Submission& submission) override;
  Result<TopologyShape> shape(const Submission& submission, const PlanChoices& choices) override;
};

bool is_finite(const Submission& submission);

}  // namespace dnstorm::cluster::testing
