// What the coordinator needs to know of a plan: its executors and what they want of a node. Made by
// a Planner from a submission, so that the coordinator itself knows no operators. Values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/model/submission.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cluster {

// `place` of a component, and Storm's resource settings.
struct PlaceRule {
  std::string label;                    // nodes that have it; "": any
  std::string node;                     // that very node; "": any
  bool per_node = false;                // a task on each node with the label
  std::vector<std::string> apart_from;  // components not to share a node with; its own id: its
                                        // executors spread over nodes
  bool operator==(const PlaceRule&) const = default;
};

// An executor with all that is chained to it.
struct ExecutorShape {
  std::vector<std::string> components;  // of the chain, its head first
  std::vector<std::uint32_t> tasks;     // indices into those of the plan
  std::uint32_t index = 0;              // among the executors of the head
  PlaceRule rule;                       // of the head; what is chained has the same
  double cores = 0;                     // topology.component.cpu.pcore.percent / 100
  std::uint64_t memory = 0;             // bytes; topology.component.resources.onheap.memory.mb
  bool spout = false;
};

struct ComponentShape {
  std::string id;
  std::uint32_t tasks = 1;
  std::uint32_t executors = 1;
  bool spout = false;
  PlaceRule rule;
  std::vector<std::string> reads;  // components that it reads from
  std::uint64_t digest = 0;        // of all that the file says of it
};

struct TopologyShape {
  std::vector<ComponentShape> components;
  std::vector<ExecutorShape> executors;  // as runtime::wire() numbers them
  std::uint32_t tasks = 0;
  std::uint64_t fingerprint = 0;  // plan::fingerprint
  std::uint64_t settings = 0;     // digest of what the file says of the topology as a whole
  bool checkpoints = false;       // exactly-once
  DurationNs checkpoint_interval = 0;
  DurationNs message_timeout = 0;  // the wait of a kill that names none
  std::uint32_t workers = 0;       // topology.workers: on so many nodes at most; 0: on all
};

class Planner {
 public:
  virtual ~Planner() = default;
  // The labels of components placed per node. An error: the submission is refused with it.
  virtual Result<std::vector<std::string>> labels_per_node(const Submission& submission) = 0;
  virtual Result<TopologyShape> shape(const Submission& submission, const PlanChoices& choices) = 0;
};

}  // namespace dnstorm::cluster
