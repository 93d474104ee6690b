// Loads plug-ins into a registry: the only place that opens shared libraries. What a plug-in is and
// what it may count on: engine/api/plugin.hpp.
//
//   Loader loader(registry);
//   DNSTORM_CHECK(loader.load("./libentropy.so"));
//
// One thread. Libraries stay loaded when the Loader is gone; a plug-in that was refused may have
// left some of its operators behind, so the registry is of no use then.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "engine/api/registry.hpp"

namespace dnstorm::plugin {

class Loader {
 public:
  // What is in `registry` is built in. It must outlive this.
  explicit Loader(OperatorRegistry& registry) : registry_(registry) {}

  // Adds the operators, groupings and hooks of the library at `file`, a path with a slash in it. A
  // library that is loaded already, under whatever path, is left alone. Error: kind config, one
  // sentence that names the file.
  Result<void> load(const std::string& file);

 private:
  Result<void> add_operators(const std::string& file);
  std::string taken_by(const std::string& name) const;
  // A definition of any kind.
  template <class Def>
  Result<void> add(Def def, std::string_view kind, const std::string& file);

  OperatorRegistry& registry_;
  std::set<std::string> loaded_;  // real paths
  std::map<std::string, std::string>
      origins_;  // what it brought -> file; those built in are not in it
};

}  // namespace dnstorm::plugin
