// Who runs what: the executors of a topology on nodes. Values.
//
// A topology runs in *incarnations*, numbered upwards: the set of workers that one assignment has
// started. Whatever changes an assignment (a worker that died, a node that is lost, a rebalance)
// ends the incarnation as a whole and begins the next one from the newest checkpoint, so that all
// tasks stand at one point of their input. The number is what fences: what an older incarnation
// says or sends is dropped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/model/submission.hpp"

namespace dnstorm::cluster {

struct Assignment {
  std::uint64_t incarnation = 0;  // 0: none yet
  PlanChoices choices;            // of the plan that it is for
  // By executor, as runtime::wire() numbers those of the plan: the node's name.
  std::vector<std::string> node_of_executor;
  // By label of `place: {label: L, per: node}`: the nodes in the order of the tasks (task 0 runs on
  // the first one, ...).
  std::map<std::string, std::vector<std::string>> per_node;
  bool operator==(const Assignment&) const = default;

  // Those that have a share of it, each once, ascending.
  std::vector<std::string> nodes() const;
};

}  // namespace dnstorm::cluster
