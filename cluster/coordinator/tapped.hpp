// Whom to ask for the rows of a topology's edge. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cluster/coordinator/coordinator.hpp"
#include "cluster/model/tap_order.hpp"

namespace dnstorm::cluster {

// All workers of a tap together send no more rows a second than this (but one each): a reader gets
// TapOrder::rate of them.
inline constexpr std::uint32_t tap_rows_max = 10'000;

struct Tapped {
  std::vector<std::string> nodes;
  TapOrder order;  // with the rate of each
};
// An error of kind `unavailable`: there is nothing to be seen, and why.
Result<Tapped> tapped(const ClusterView& view, TapOrder order);

// Where its workers are; none if this coordinator does not lead, or there is no such topology.
std::vector<std::string> nodes_of(const ClusterView& view, const std::string& topology);

}  // namespace dnstorm::cluster
