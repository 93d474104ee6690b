// Shapes and offers for tests of placement.
#pragma once

#include <string>
#include <vector>

#include "cluster/placement/placement.hpp"

namespace dnstorm::cluster {

inline std::vector<Offer> offers_of(std::uint32_t count) {
  std::vector<Offer> offers;
  for (std::uint32_t i = 1; i <= count; ++i) {
    offers.emplace_back().name = "n" + std::to_string(i);
  }
  return offers;
}

struct Component {
  std::string id;
  std::uint32_t executors = 1;
  PlaceRule rule = {};
  double cores = 0;
  std::uint64_t memory = 0;
  std::vector<std::string> reads = {};
};

// A task for each executor; nothing is chained.
inline TopologyShape shape_of(const std::vector<Component>& components) {
  TopologyShape shape;
  for (const Component& component : components) {
    shape.components.push_back({component.id, component.executors, component.executors, false,
                                component.rule, component.reads});
    for (std::uint32_t i = 0; i < component.executors; ++i)
      shape.executors.push_back({{component.id},
                                 {shape.tasks++},
                                 i,
                                 component.rule,
                                 component.cores,
                                 component.memory,
                                 false});
  }
  return shape;
}

}  // namespace dnstorm::cluster
