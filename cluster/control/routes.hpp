// The paths of the interface: what a request means, before anything is asked of anybody.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dnstorm::cluster {

enum class Route : unsigned char {
  openapi,
  configuration,
  cluster_summary,
  nimbus_summary,
  supervisor_summary,
  supervisor,
  history,
  owners,
  owner,
  logs,
  topology_summary,
  topology,
  topology_workers,
  metrics,
  visualization,
  component,
  submit,
  activate,
  deactivate,
  kill,
  kill_after,
  rebalance,
  rebalance_after,
  drain,
  undrain,
  forget,
};

struct RouteDef {
  Route route;
  std::string_view method;  // GET or POST
  std::string_view path;    // with {name} for a part that may be anything but empty
};
std::span<const RouteDef> routes();

struct Match {
  const RouteDef* def = nullptr;   // null: no such path, or not with this method
  bool path_known = false;         // with another method
  std::vector<std::string> parts;  // what stands for the {names}, in their order
};
Match match(std::string_view method, std::string_view path);

}  // namespace dnstorm::cluster
