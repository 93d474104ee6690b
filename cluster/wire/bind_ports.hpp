// Where a process of a node listens: the first free port of those that its configuration allows.
#pragma once

#include <string>
#include <vector>

#include "cluster/model/config.hpp"
#include "cluster/wire/hub.hpp"

namespace dnstorm::cluster {

// `endpoint`: tcp://ADDRESS:PORT; with ranges, its port does not count. The endpoint as it is.
// Fails as Hub::bind of the last port tried.
Result<std::string> bind_in(Hub& hub, const std::string& endpoint,
                            const std::vector<PortRange>& ranges);

}  // namespace dnstorm::cluster
