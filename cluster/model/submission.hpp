// What a user submits: all that a node needs to make the same plan as every other node. Values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace dnstorm::cluster {

struct Submission {
  std::string name;                               // of the topology
  std::string file;                               // its path as the user wrote it, for messages
  std::string text;                               // the topology file
  std::map<std::string, std::string> files;       // what it includes, by the path that it names
  std::map<std::string, std::string> properties;  // of ${key} (--filter)
  std::vector<std::string> set;                   // component.property=value (--set)
  bool operator==(const Submission&) const = default;
};

// Of all that is in it: how nodes name one that they already have.
std::string digest(const Submission& submission);

// What decides the numbers of a plan beside the submission. The same on every node.
struct PlanChoices {
  // `place: {label: L, per: node}`: how many nodes there are with that label; "": of any label. As
  // many tasks, and executors, does such a component have.
  std::map<std::string, std::uint32_t> nodes_by_label;
  std::map<std::string, std::uint32_t> executors;  // of a component, from a rebalance
  bool operator==(const PlanChoices&) const = default;
};

}  // namespace dnstorm::cluster
