#include "cluster/control/detail/scene.hpp"

namespace dnstorm::cluster::detail {

const NodeView* find_node(const ClusterView& view, std::string_view name) {
  for (const NodeView& node : view.nodes)
    if (node.report.node == name) return &node;
  return nullptr;
}

const ComponentShape* find_component(const TopologyShape& shape, std::string_view id) {
  for (const ComponentShape& component : shape.components)
    if (component.id == id) return &component;
  return nullptr;
}

Resources resources(const TopologyShape& shape) {
  Resources sum;
  for (const ExecutorShape& executor : shape.executors) {
    sum.cores += executor.cores;
    sum.memory += executor.memory;
  }
  return sum;
}

Resources resources_on(const TopologyView& topology, const std::string& node) {
  Resources sum;
  for (std::size_t i = 0; i < topology.shape.executors.size(); ++i) {
    if (node_of(topology, i) != node) continue;
    sum.cores += topology.shape.executors[i].cores;
    sum.memory += topology.shape.executors[i].memory;
  }
  return sum;
}

const std::string& node_of(const TopologyView& topology, std::size_t executor) {
  static const std::string none;
  const auto& nodes = topology.record.assignment.node_of_executor;
  return executor < nodes.size() ? nodes[executor] : none;
}

}  // namespace dnstorm::cluster::detail
