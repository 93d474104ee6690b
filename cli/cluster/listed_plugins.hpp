// The plug-ins that a topology file names. Called before the topology becomes a plan.
#pragma once

#include <vector>

#include "engine/plugin/find.hpp"
#include "engine/plugin/loader.hpp"
#include "engine/topology/topology.hpp"

namespace dnstorm::cli {

// Adds their operators to the loader's registry. A name is seen from the file in which it stands.
// All that cannot be loaded is said, each with its place.
std::vector<topology::Diagnostic> load_listed_plugins(const topology::Topology& topology,
                                                      const plugin::SearchPath& search,
                                                      plugin::Loader& loader);

}  // namespace dnstorm::cli
