#include "cluster/model/config.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "cluster/model/detail/config_yaml.hpp"
#include "engine/base/ip.hpp"

namespace dnstorm::cluster {

namespace {

using detail::ConfigKey;
using detail::ConfigProblems;
using detail::ConfigValues;

using Read = void (ConfigValues::*)(const YAML::Node&, std::string&);

class ConfigReader {
 public:
  explicit ConfigReader(ClusterConfig& config) : config_(config) {}

  void read(const ConfigText& file);
  void read(const ConfigOption& option);
  void check();
  const ConfigProblems& problems() const { return problems_; }

 private:
  void read_root(const YAML::Node& root);
  void read_timeouts(const YAML::Node& node);
  void read_tls(const YAML::Node& node);
  void read_tokens(const YAML::Node& node);
  void read_coordinator(const YAML::Node& node);
  void read_node(const YAML::Node& node);
  void check_coordinators();
  void check_loopback();

  ConfigKey text(const std::string& name, std::string& out, Read how) {
    return {name, [this, &out, how](const YAML::Node& node) { (values_.*how)(node, out); }};
  }
  ConfigKey map(const std::string& name, void (ConfigReader::*how)(const YAML::Node&)) {
    return {name, [this, how](const YAML::Node& node) { (this->*how)(node); }};
  }

  ClusterConfig& config_;
  ConfigProblems problems_;
  ConfigValues values_{problems_};
};

void ConfigReader::read(const ConfigText& file) {
  problems_.file(file.file);
  try {
    YAML::Node root = YAML::Load(file.text);
    if (!root.IsNull()) read_root(root);
  } catch (const YAML::Exception& wrong) {
    problems_.add(wrong.mark, wrong.msg);
  }
}

void ConfigReader::read(const ConfigOption& option) {
  problems_.file(option.option);
  YAML::Node value;
  if (option.values.size() == 1)
    value = option.values.front();
  else
    for (const std::string& item : option.values) value.push_back(item);
  std::string key = option.key;
  for (std::size_t dot = key.rfind('.'); dot != std::string::npos; dot = key.rfind('.')) {
    YAML::Node outer;
    outer[key.substr(dot + 1)] = value;
    value.reset(outer);
    key.resize(dot);
  }
  YAML::Node root;
  root[key] = value;
  read_root(root);
}

void ConfigReader::read_root(const YAML::Node& root) {
  auto coordinators = [this](const YAML::Node& node) {
    values_.coordinators(node, config_.coordinators);
  };
  auto compression = [this](const YAML::Node& node) {
    values_.level(node, config_.compression);
  };
  detail::read_map(root, "",
                   {text("cluster", config_.name, &ConfigValues::name),
                    {"coordinators", coordinators},
                    text("api", config_.api, &ConfigValues::host_and_port),
                    text("state", config_.state, &ConfigValues::path),
                    text("zookeeper", config_.zookeeper, &ConfigValues::zookeeper),
                    text("checkpoints", config_.checkpoints, &ConfigValues::path_or_redis),
                    {"redis_password",
                     [this](const YAML::Node& node) {
                       values_.secret(node, "redis_password.", config_.redis_password);
                     }},
                    text("keys", config_.keys, &ConfigValues::path),
                    {"compression", compression},
                    map("timeouts", &ConfigReader::read_timeouts),
                    map("tls", &ConfigReader::read_tls),
                    map("tokens", &ConfigReader::read_tokens),
                    map("coordinator", &ConfigReader::read_coordinator),
                    map("node", &ConfigReader::read_node)},
                   problems_);
}

void ConfigReader::read_timeouts(const YAML::Node& node) {
  auto key = [this](const std::string& name, DurationNs& out) {
    return ConfigKey{name, [this, &out](const YAML::Node& at) { values_.duration(at, out); }};
  };
  ClusterTimeouts& timeouts = config_.timeouts;
  detail::read_map(
      node, "timeouts.",
      {key("node", timeouts.node), key("lease", timeouts.lease), key("worker", timeouts.worker),
       key("launch", timeouts.launch), key("absence", timeouts.absence)},
      problems_);
}

void ConfigReader::read_tls(const YAML::Node& node) {
  detail::read_map(node, "tls.",
                   {text("certificate", config_.tls.certificate, &ConfigValues::path),
                    text("key", config_.tls.key, &ConfigValues::path)},
                   problems_);
}

void ConfigReader::read_tokens(const YAML::Node& node) {
  detail::read_names(
      node, "tokens",
      [this](const std::string& name, const YAML::Node& at) {
        values_.secret(at, fmt::format("tokens.{}.", name), config_.tokens[name]);
      },
      problems_);
}

void ConfigReader::read_coordinator(const YAML::Node& node) {
  detail::read_map(node, "coordinator.",
                   {text("name", config_.coordinator.name, &ConfigValues::name),
                    text("bind", config_.coordinator.bind, &ConfigValues::endpoint)},
                   problems_);
}

void ConfigReader::read_node(const YAML::Node& node) {
  NodeConfig& mine = config_.node;
  detail::read_map(node, "node.",
                   {text("name", mine.name, &ConfigValues::name),
                    text("bind", mine.bind, &ConfigValues::address),
                    {"ports", [&](const YAML::Node& at) { values_.ports(at, mine.ports); }},
                    {"labels", [&](const YAML::Node& at) { values_.names(at, mine.labels); }},
                    {"cores", [&](const YAML::Node& at) { values_.count(at, mine.cores); }},
                    {"memory", [&](const YAML::Node& at) { values_.size(at, mine.memory); }},
                    text("folder", mine.folder, &ConfigValues::path)},
                   problems_);
}

void ConfigReader::check_coordinators() {
  if (config_.coordinators.empty())
    problems_.add_for("coordinators", "'coordinators' names one at least");
  std::set<std::string> names;
  std::set<std::string> endpoints;
  for (const CoordinatorAddress& address : config_.coordinators) {
    bool named = names.insert(address.name).second;
    if (!endpoints.insert(address.endpoint).second)
      problems_.add_for("coordinators",
                        fmt::format("'coordinators' has {} twice", address.endpoint));
    else if (!named)
      problems_.add_for("coordinators",
                        fmt::format("'coordinators' has two of the name '{}': several need names "
                                    "of their own, {{name: c1, endpoint: {}}}",
                                    address.name, address.endpoint));
  }
  if (config_.coordinators.size() > 1 && config_.zookeeper.empty())
    problems_.add_for("coordinators",
                      "several coordinators need 'zookeeper', which says who of them leads");
  else if (config_.coordinators.size() > 1 && config_.checkpoints.empty())
    problems_.add_for("coordinators",
                      "several coordinators need 'checkpoints', a folder or redis://HOST:PORT that "
                      "all of them reach: "
                      "another leader would not find what topologies go on from");
  const std::string& own = config_.coordinator.name;
  if (!own.empty() && config_.coordinator.bind.empty() && !names.contains(own))
    problems_.add_for("coordinator.name",
                      fmt::format("'coordinators' has no '{}': add it, or set coordinator.bind to "
                                  "tcp://ADDRESS:PORT",
                                  own));
}

// Without keys everybody who reaches a port could take part.
void ConfigReader::check_loopback() {
  constexpr const char* cure =
      "is not a loopback address and there are no keys: set 'keys' to a folder that `dnstorm "
      "keygen` has written";
  for (const CoordinatorAddress& address : config_.coordinators)
    if (!address.endpoint.empty() && !is_loopback(address.endpoint))
      problems_.add_for("coordinators", fmt::format("{} {}", address.endpoint, cure));
  if (!config_.coordinator.bind.empty() && !is_loopback(config_.coordinator.bind))
    problems_.add_for("coordinator.bind", fmt::format("{} {}", config_.coordinator.bind, cure));
  if (!is_loopback(config_.node.bind))
    problems_.add_for("node.bind", fmt::format("{} {}", config_.node.bind, cure));
}

void ConfigReader::check() {
  check_coordinators();
  if (config_.keys.empty()) check_loopback();
  if (config_.tls.certificate.empty() != config_.tls.key.empty())
    problems_.add_for(config_.tls.key.empty() ? "tls.certificate" : "tls.key",
                      "'tls' needs both 'certificate' and 'key'");
}

std::string machine_name() {
  char buffer[256] = {};
  if (::gethostname(buffer, sizeof buffer - 1) != 0) return {};
  std::string name(buffer);
  name.resize(std::min(name.find('.'), name.size()));
  return is_cluster_name(name) ? name : std::string();
}

}  // namespace

Result<std::string> read_secret(const SecretSource& source) {
  constexpr const char* blanks = " \t\r\n";
  std::string secret;
  std::string place = source.file.empty() ? "$" + source.environment : source.file;
  if (source.file.empty()) {
    const char* value = std::getenv(source.environment.c_str());
    if (value == nullptr) return Error{ErrorKind::config, fmt::format("{}: is not set", place), {}};
    secret = value;
  } else {
    struct stat status {};
    std::ifstream file(source.file, std::ios::binary);
    if (::stat(source.file.c_str(), &status) != 0 || !file)
      return Error{ErrorKind::no_input,
                   fmt::format("{}: cannot read it: {}", place, std::strerror(errno)),
                   {}};
    if ((status.st_mode & 0077) != 0)
      return Error{ErrorKind::permission,
                   fmt::format("{}: others may read this secret: chmod 600 {}", place, place),
                   {}};
    secret.assign(std::istreambuf_iterator<char>(file), {});
  }
  std::size_t first = secret.find_first_not_of(blanks);
  if (first == std::string::npos)
    return Error{ErrorKind::config, fmt::format("{}: there is no secret in it", place), {}};
  return secret.substr(first, secret.find_last_not_of(blanks) - first + 1);
}

std::string ClusterConfig::coordinator_name() const {
  if (!coordinator.name.empty()) return coordinator.name;
  return coordinators.empty() ? "coordinator" : coordinators.front().name;
}

std::string ClusterConfig::coordinator_bind() const {
  if (!coordinator.bind.empty()) return coordinator.bind;
  for (const CoordinatorAddress& address : coordinators)
    if (address.name == coordinator_name()) return address.endpoint;
  return {};
}

Result<ClusterConfig> parse_cluster_config(const std::vector<ConfigText>& files,
                                           const std::vector<ConfigOption>& options) {
  ClusterConfig config;
  ConfigReader reader(config);
  for (const ConfigText& file : files) reader.read(file);
  for (const ConfigOption& option : options) reader.read(option);
  // What is checked across keys would only repeat what is wrong with one of them.
  if (reader.problems().none()) reader.check();
  if (!reader.problems().none()) return reader.problems().error();
  if (config.node.name.empty()) config.node.name = machine_name();
  return config;
}

Result<ClusterConfig> read_cluster_config(const std::vector<std::string>& files,
                                          const std::vector<ConfigOption>& options) {
  std::vector<ConfigText> texts;
  for (const std::string& path : files) {
    std::ifstream file(path, std::ios::binary);
    ConfigText& text = texts.emplace_back();
    text.file = path;
    text.text.assign(std::istreambuf_iterator<char>(file), {});
    if (file.bad() || !file.is_open())
      return Error{ErrorKind::no_input,
                   fmt::format("{}: cannot read it: {}", path, std::strerror(errno)),
                   {}};
  }
  return parse_cluster_config(texts, options);
}

bool is_cluster_name(std::string_view name) {
  constexpr std::size_t name_max = 63;
  auto plain = [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; };
  return !name.empty() && name.size() <= name_max && plain(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(),
                     [&](unsigned char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_loopback(std::string_view endpoint) {
  constexpr std::string_view scheme = "tcp://";
  if (endpoint.starts_with(scheme)) endpoint.remove_prefix(scheme.size());
  auto ip = parse_ip(endpoint);
  if (!ip) {
    endpoint = endpoint.substr(0, endpoint.rfind(':'));
    if (endpoint == "localhost") return true;
    if (endpoint.starts_with('[') && endpoint.ends_with(']'))
      endpoint = endpoint.substr(1, endpoint.size() - 2);
    ip = parse_ip(endpoint);
  }
  if (!ip) return false;
  constexpr std::uint8_t loopback_v4 = 127;
  if (ip->is_v4()) return ip->bytes[12] == loopback_v4;
  return *ip == *parse_ip("::1");
}

}  // namespace dnstorm::cluster
