#include "cluster/wire/bind_ports.hpp"

#include <fmt/format.h>

namespace dnstorm::cluster {

Result<std::string> bind_in(Hub& hub, const std::string& endpoint,
                            const std::vector<PortRange>& ranges) {
  if (ranges.empty()) return hub.bind(endpoint);
  std::string address = endpoint.substr(0, endpoint.rfind(':'));
  Result<std::string> bound = Error{ErrorKind::config, "no port to listen on", "ports"};
  for (const PortRange& range : ranges)
    for (std::uint32_t port = range.first; port <= range.last; ++port) {
      bound = hub.bind(fmt::format("{}:{}", address, port));
      if (bound.ok()) return bound;
    }
  return bound;
}

}  // namespace dnstorm::cluster
