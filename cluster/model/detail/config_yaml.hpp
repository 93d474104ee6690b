// Reading cluster.yaml: problems with their places, maps whose keys are known, and the kinds of
// values that stand behind them. Used by parse_cluster_config() alone, in one thread.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cluster/model/config.hpp"

namespace dnstorm::cluster::detail {

// All that is wrong with all files, and where each key was set last.
class ConfigProblems {
 public:
  void file(std::string name) { file_ = std::move(name); }
  const std::string& file() const { return file_; }
  void add(const YAML::Mark& mark, const std::string& what);
  // Of a value that was set: where that was. Nothing known of it: the sentence alone.
  void add_for(const std::string& key, const std::string& what);
  void remember(const std::string& key, const YAML::Mark& mark) { places_[key] = place(mark); }
  bool was_set(const std::string& key) const { return places_.contains(key); }
  bool none() const { return lines_.empty(); }
  Error error() const;

 private:
  std::string place(const YAML::Mark& mark) const;

  std::string file_;
  std::map<std::string, std::string> places_;  // by key
  std::vector<std::string> lines_;
};

struct ConfigKey {
  std::string name;
  std::function<void(const YAML::Node&)> read;
};
// Hands each value to its key. `prefix` is that of the map's own keys: "node.".
void read_map(const YAML::Node& node, const std::string& prefix, const std::vector<ConfigKey>& keys,
              ConfigProblems& problems);
// A map of names that the user chooses.
void read_names(const YAML::Node& node, const std::string& what,
                const std::function<void(const std::string&, const YAML::Node&)>& read,
                ConfigProblems& problems);

// Values. Each says what is wrong with the node and leaves `out` as it was then.
class ConfigValues {
 public:
  explicit ConfigValues(ConfigProblems& problems) : problems_(problems) {}

  // False: it is no scalar, or is empty.
  bool text(const YAML::Node& node, std::string& out);
  void name(const YAML::Node& node, std::string& out);
  void names(const YAML::Node& node, std::vector<std::string>& out);
  void path(const YAML::Node& node, std::string& out);
  void path_or_redis(const YAML::Node& node, std::string& out);
  void duration(const YAML::Node& node, DurationNs& out);
  void size(const YAML::Node& node, std::uint64_t& out);
  void count(const YAML::Node& node, double& out);
  void level(const YAML::Node& node, int& out);  // of zstd
  void endpoint(const YAML::Node& node, std::string& out);       // tcp://HOST:PORT
  void host_and_port(const YAML::Node& node, std::string& out);  // HOST:PORT
  void address(const YAML::Node& node, std::string& out);        // an IP address
  void ports(const YAML::Node& node, std::vector<PortRange>& out);
  void zookeeper(const YAML::Node& node, std::string& out);
  void secret(const YAML::Node& node, const std::string& prefix, SecretSource& out);
  void coordinators(const YAML::Node& node, std::vector<CoordinatorAddress>& out);
  // The nodes of a list, or the one that stands for a list of one.
  std::vector<YAML::Node> list(const YAML::Node& node);

 private:
  void refuse(const YAML::Node& node, const std::string& what);

  ConfigProblems& problems_;
};

}  // namespace dnstorm::cluster::detail
