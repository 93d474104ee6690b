// What the configuration says of the machine.
#pragma once

#include <map>
#include <string>

#include "cluster/coordinator/server.hpp"

namespace dnstorm::cluster::detail {

inline CoordinatorOptions machine_options(const ServerSetup& setup,
                                          const std::map<std::string, std::string>& keys) {
  CoordinatorOptions options;
  options.version = setup.version;
  options.node_timeout = setup.config.timeouts.node;
  options.lease = setup.config.timeouts.lease;
  options.launch_timeout = setup.config.timeouts.launch;
  options.absence_max = setup.config.timeouts.absence;
  options.keys = keys;
  return options;
}

}  // namespace dnstorm::cluster::detail
