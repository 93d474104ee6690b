// What pages are made of: everything that is known at one time. Looked at, never changed.
#pragma once

#include "cluster/control/control.hpp"
#include "cluster/control/detail/format.hpp"

namespace dnstorm::cluster::detail {

struct Scene {
  const ControlOptions& options;
  const ClusterView& view;
  ControlMoment now;
  const StatsBook& book;
};

// Cores and memory that executors ask for.
struct Resources {
  double cores = 0;
  std::uint64_t memory = 0;
};

const NodeView* find_node(const ClusterView& view, std::string_view name);
const ComponentShape* find_component(const TopologyShape& shape, std::string_view id);

// Of all executors; of those on a node; of those whose chain has a component at its head.
Resources resources(const TopologyShape& shape);
Resources resources_on(const TopologyView& topology, const std::string& node);
// The node of an executor; "": it has none.
const std::string& node_of(const TopologyView& topology, std::size_t executor);

}  // namespace dnstorm::cluster::detail
