// Where a plug-in is looked for. A name with a slash is a path; a bare name (libx.so) is looked for
// beside whoever names it, then in the folders of DNSTORM_PLUGIN_PATH, then where `cmake --install`
// puts plug-ins.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace dnstorm::plugin {

// Plain values, so that a test needs neither environment nor installation.
struct SearchPath {
  std::string path;       // of DNSTORM_PLUGIN_PATH: folders, joined by ':'; empty ones do not count
  std::string installed;  // folder; empty: none
  static SearchPath of_process();
};

// The files that `name` may mean, in the order of the search. `folder`: that of the topology file;
// empty: where the program was started. Pure.
std::vector<std::string> candidates(const std::string& name, const std::string& folder,
                                    const SearchPath& search);

// The first candidate that is there. Error: kind config.
Result<std::string> find(const std::string& name, const std::string& folder,
                         const SearchPath& search);

}  // namespace dnstorm::plugin
