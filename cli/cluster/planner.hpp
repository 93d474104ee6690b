// What a coordinator wants to know of a submission: the planner that knows the program's operators.
// Remembers what it has found. One thread, the coordinator's.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "cluster/model/shape.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::cli {

// Executors as runtime::wire() numbers them.
cluster::TopologyShape shape_of(const plan::Plan& plan);

class TopologyPlanner final : public cluster::Planner {
 public:
  Result<std::vector<std::string>> labels_per_node(const cluster::Submission& submission) override;
  Result<cluster::TopologyShape> shape(const cluster::Submission& submission,
                                       const cluster::PlanChoices& choices) override;

 private:
  static constexpr std::size_t known_max = 512;
  std::map<std::string, cluster::TopologyShape> known_;  // by digest and choices
  std::deque<std::string> oldest_;                       // their keys
};

}  // namespace dnstorm::cli
