#include "cluster/coordinator/tapped.hpp"

#include <algorithm>

namespace dnstorm::cluster {

Result<Tapped> tapped(const ClusterView& view, TapOrder order) {
  if (!view.leads)
    return Error{ErrorKind::unavailable, "this coordinator does not lead any more", {}};
  auto is = [&](const TopologyView& topology) { return topology.record.id == order.topology; };
  auto found = std::find_if(view.topologies.begin(), view.topologies.end(), is);
  if (found == view.topologies.end())
    return Error{ErrorKind::unavailable, "the topology is gone", {}};
  if (found->record.finished != 0)
    return Error{ErrorKind::unavailable, "the topology has finished", {}};
  Tapped out{found->record.assignment.nodes(), std::move(order)};
  // The rows may all be on one of them: each may send as many as the reader wants.
  auto workers = static_cast<std::uint32_t>(std::max<std::size_t>(out.nodes.size(), 1));
  out.order.rate = std::min(out.order.rate, std::max(tap_rows_max / workers, 1U));
  return out;
}

std::vector<std::string> nodes_of(const ClusterView& view, const std::string& topology) {
  if (view.leads)
    for (const TopologyView& it : view.topologies)
      if (it.record.id == topology) return it.record.assignment.nodes();
  return {};
}

}  // namespace dnstorm::cluster
