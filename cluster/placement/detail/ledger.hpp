// Which node has what while a placement is being made: what may be put where, and why not. Nodes
// and executors are numbers here; nodes in the order of their names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cluster/placement/placement.hpp"

namespace dnstorm::cluster::detail {

enum class Obstacle : std::uint8_t {
  none,
  rule,     // drained, another label, another node
  apart,    // a component is there that it is kept apart from
  cores,    // not so many are free
  memory,   // not so much is free
  workers,  // one node more than topology.workers allows
};

class Ledger {
 public:
  explicit Ledger(const PlaceRequest& request);

  std::size_t nodes() const { return nodes_.size(); }
  std::size_t executors() const { return node_of_.size(); }
  const Offer& offer(std::uint32_t node) const { return *nodes_[node].offer; }
  const TopologyShape& shape() const { return request_.shape; }
  const PlaceRequest& request() const { return request_; }
  std::optional<std::uint32_t> find(const std::string& node) const;

  // Where its rule lets it run, whatever is there.
  const std::vector<std::uint32_t>& allowed(std::uint32_t executor) const {
    return allowed_[executor];
  }
  Obstacle obstacle(std::uint32_t executor, std::uint32_t node) const;
  // Components on the node that the executor is kept apart from.
  std::vector<std::string> apart_there(std::uint32_t executor, std::uint32_t node) const;
  std::int64_t free_millicores(std::uint32_t node) const;  // max: not limited
  std::uint64_t free_memory(std::uint32_t node) const;     // max: not limited

  void put(std::uint32_t executor, std::uint32_t node);
  void take(std::uint32_t executor);
  std::optional<std::uint32_t> node_of(std::uint32_t executor) const { return node_of_[executor]; }

  // Of this topology.
  std::uint32_t executors_on(std::uint32_t node) const { return nodes_[node].executors; }
  std::vector<std::uint32_t> used_nodes() const;
  // Of two nodes without an obstacle: the order of preference that placement.hpp tells.
  bool suits_better(std::uint32_t executor, std::uint32_t a, std::uint32_t b) const;
  // Thousandths of a core, so that sums do not depend on their order.
  std::int64_t millicores(std::uint32_t executor) const { return millicores_[executor]; }

 private:
  struct Node {
    const Offer* offer = nullptr;
    std::uint32_t executors = 0;  // of this topology, as are the others
    std::int64_t millicores = 0;
    std::uint64_t memory = 0;
    std::vector<std::uint32_t> components;  // how many executors of each
  };

  void number_components();
  void find_allowed(std::uint32_t executor);
  std::uint32_t peers_on(std::uint32_t executor, std::uint32_t node) const;

  const PlaceRequest& request_;
  std::vector<Node> nodes_;
  std::vector<std::optional<std::uint32_t>> node_of_;  // by executor, as all below
  std::vector<std::vector<std::uint32_t>> allowed_;
  std::vector<std::vector<std::uint32_t>> components_;  // of its chain
  std::vector<std::vector<std::uint32_t>> apart_;       // components that it is kept apart from
  std::vector<std::vector<std::uint32_t>> peers_;       // components that it talks to
  std::vector<std::int64_t> millicores_;
  std::uint32_t used_ = 0;  // nodes with executors of this topology
};

}  // namespace dnstorm::cluster::detail
