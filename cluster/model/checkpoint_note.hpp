// What is kept beside the states of a checkpoint, so that another plan of the topology can begin
// from it: whose they are and on which nodes their tasks ran. Values.
#pragma once

#include <vector>

#include "cluster/model/assignment.hpp"
#include "cluster/model/shape.hpp"

namespace dnstorm::cluster {

struct CheckpointNote {
  std::vector<ComponentShape> layout;  // of the states, in their order
  Assignment assignment;               // of the incarnation that took it
};

}  // namespace dnstorm::cluster
