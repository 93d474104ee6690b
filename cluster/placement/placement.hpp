// Which node runs which executor of a topology. A pure function: the same input gives the same
// placement, whatever the order of the nodes.
//
// What must hold, in this order: the node is offered and not drained; the executor's rule (label,
// node, per node, apart from others); cores and memory that are declared fit into what the node has
// free; the topology is on no more nodes than `topology.workers` allows. Among what may be: what
// runs stays where it is; new executors are dealt evenly, the heaviest first (Storm's
// EvenScheduler), to the node with the fewest of this topology, then of all topologies; on a tie to
// one where components are that it talks to; then by name.
// A node that joins moves nothing, except with `spread`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/model/shape.hpp"

namespace dnstorm::cluster {

// A node, and what *other* topologies use of it.
struct Offer {
  std::string name;
  std::vector<std::string> labels;
  double cores = 0;          // 0: not limited
  std::uint64_t memory = 0;  // bytes; 0: not limited
  bool drained = false;      // gets no work, and loses what it has
  std::uint32_t executors_used = 0;
  double cores_used = 0;
  std::uint64_t memory_used = 0;
};

struct PlaceRequest {
  const TopologyShape& shape;
  const std::vector<Offer>& offers;
  // By executor: where it is; empty, or "" of an executor: nowhere.
  std::vector<std::string> previous;
  // By label of per-node components: the node of task 0, 1, ... (Assignment::per_node). Of labels
  // that are missing: nodes_with_label().
  std::map<std::string, std::vector<std::string>> per_node;
  // A rebalance: executors move from full nodes to emptier ones until no move makes it more even.
  bool spread = false;
};

struct Unplaced {
  std::uint32_t executor = 0;
  std::string reason;  // a sentence for an operator
};

struct Placement {
  std::vector<std::string> node_of_executor;  // "": it has no place
  std::vector<Unplaced> unplaced;             // ascending

  bool complete() const { return unplaced.empty(); }
  std::vector<std::string> reasons() const;  // each once, in the order of the executors
};

Placement place(const PlaceRequest& request);

// Those that are not drained and have it ("": all), by name: where a per-node component runs, and
// how many tasks it has (PlanChoices::nodes_by_label).
std::vector<std::string> nodes_with_label(const std::vector<Offer>& offers,
                                          const std::string& label);

// PlaceRequest::previous for another plan of the same topology: executors are the same by the head
// of their chain and their number in it.
std::vector<std::string> carry_over(const TopologyShape& before,
                                    const std::vector<std::string>& node_of_executor,
                                    const TopologyShape& now);

}  // namespace dnstorm::cluster
