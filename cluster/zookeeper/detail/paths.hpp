// Where things lie in ZooKeeper, below the path of the address.
#pragma once

#include <string>
#include <vector>

namespace dnstorm::cluster::detail {

inline std::string election_path(const std::string& root) { return root + "/election"; }
// Its version is the leader's term.
inline std::string leader_path(const std::string& root) { return root + "/leader"; }
inline std::string cluster_path(const std::string& root) { return root + "/cluster"; }
inline std::string topologies_path(const std::string& root) { return root + "/topologies"; }

// All that is there whoever leads, in the order in which it is made.
inline std::vector<std::string> folders(const std::string& root) {
  std::vector<std::string> all;
  for (std::size_t slash = root.find('/', 1); !root.empty(); slash = root.find('/', slash + 1)) {
    all.push_back(root.substr(0, slash));
    if (slash == std::string::npos) break;
  }
  for (auto path : {election_path, leader_path, cluster_path, topologies_path})
    all.push_back(path(root));
  return all;
}

}  // namespace dnstorm::cluster::detail
