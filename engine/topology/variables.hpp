// What stands for ${...} in a topology file. A plain value, given by whoever reads the file: the
// reader itself looks neither at the environment nor at other files.
#pragma once

#include <map>
#include <string>

#include "engine/base/result.hpp"

namespace dnstorm::topology {

struct Variables {
  std::map<std::string, std::string> properties;   // ${key}
  std::map<std::string, std::string> environment;  // ${ENV-NAME}
};

// A file of Java properties: `key = value`, `key: value` or `key value`; comments begin with # or
// !, a backslash at the end goes on in the next line. `file` names it in the error. Other than in
// Java a key that stands twice is an error.
Result<std::map<std::string, std::string>> read_properties(const std::string& text,
                                                           const std::string& file);
Result<std::map<std::string, std::string>> read_properties_file(const std::string& path);

}  // namespace dnstorm::topology
