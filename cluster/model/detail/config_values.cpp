#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>

#include "cluster/model/detail/config_yaml.hpp"
#include "engine/base/ip.hpp"

namespace dnstorm::cluster::detail {

namespace {

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T number{};
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  auto port = parse_number<std::uint16_t>(text);
  return port && *port != 0 ? port : std::nullopt;
}

bool is_host(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    auto ip = parse_ip(host.substr(1, host.size() - 2));
    return ip && !ip->is_v4();
  }
  constexpr std::size_t host_max = 253;
  return !host.empty() && host.size() <= host_max && host.front() != '-' &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
         });
}

bool is_host_and_port(std::string_view text) {
  std::size_t colon = text.rfind(':');
  return colon != std::string_view::npos && is_host(text.substr(0, colon)) &&
         parse_port(text.substr(colon + 1));
}

bool is_endpoint(std::string_view text) {
  constexpr std::string_view scheme = "tcp://";
  return text.starts_with(scheme) && is_host_and_port(text.substr(scheme.size()));
}

std::optional<PortRange> parse_ports(std::string_view text) {
  std::size_t dash = text.find('-');
  auto first = parse_port(text.substr(0, dash));
  auto last = dash == std::string_view::npos ? first : parse_port(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return PortRange{*first, *last};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  static constexpr Unit units[] = {{"KiB", 1ULL << 10},
                                   {"MiB", 1ULL << 20},
                                   {"GiB", 1ULL << 30},
                                   {"TiB", 1ULL << 40},
                                   {"kB", 1'000},
                                   {"MB", 1'000'000},
                                   {"GB", 1'000'000'000},
                                   {"TB", 1'000'000'000'000},
                                   {"B", 1}};
  std::uint64_t factor = 1;
  for (const Unit& unit : units)
    if (text.ends_with(unit.name)) {
      text.remove_suffix(unit.name.size());
      factor = unit.bytes;
      break;
    }
  while (text.ends_with(' ')) text.remove_suffix(1);
  auto number = parse_number<std::uint64_t>(text);
  if (!number || *number > UINT64_MAX / factor) return std::nullopt;
  return *number * factor;
}

}  // namespace

void ConfigValues::refuse(const YAML::Node& node, const std::string& what) {
  std::string value = node.IsScalar() ? node.Scalar() : "";
  for (char& c : value)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  problems_.add(node.Mark(), value.empty() ? what : fmt::format("'{}': {}", value, what));
}

bool ConfigValues::text(const YAML::Node& node, std::string& out) {
  if (!node.IsScalar() || node.Scalar().empty()) {
    problems_.add(node.Mark(), "one value belongs here");
    return false;
  }
  out = node.Scalar();
  return true;
}

void ConfigValues::name(const YAML::Node& node, std::string& out) {
  std::string value;
  if (!text(node, value)) return;
  if (is_cluster_name(value))
    out = value;
  else
    refuse(node,
           "a name has letters, digits, '.', '_' and '-', at most 63, a letter or a digit first");
}

std::vector<YAML::Node> ConfigValues::list(const YAML::Node& node) {
  if (!node.IsSequence()) return {node};
  return {node.begin(), node.end()};
}

void ConfigValues::names(const YAML::Node& node, std::vector<std::string>& out) {
  std::vector<std::string> values;
  for (const YAML::Node& item : list(node)) name(item, values.emplace_back());
  out = std::move(values);
}

void ConfigValues::path(const YAML::Node& node, std::string& out) {
  std::string value;
  if (!text(node, value)) return;
  std::filesystem::path file(value);
  // What stands in a file counts from its folder, wherever the program was started.
  if (file.is_relative() && !node.Mark().is_null())
    file = std::filesystem::path(problems_.file()).parent_path() / file;
  out = file.lexically_normal().string();
}

void ConfigValues::path_or_redis(const YAML::Node& node, std::string& out) {
  bool redis = node.IsScalar() && node.Scalar().rfind("redis://", 0) == 0;
  redis ? void(text(node, out)) : path(node, out);
}

void ConfigValues::duration(const YAML::Node& node, DurationNs& out) {
  std::string value;
  if (!text(node, value)) return;
  constexpr DurationNs least = 100 * ns_per_ms;
  auto duration = parse_duration(value);
  if (duration && *duration >= least)
    out = *duration;
  else
    refuse(node, "a time of 100ms or more belongs here: 500ms, 3s, 2m");
}

void ConfigValues::size(const YAML::Node& node, std::uint64_t& out) {
  std::string value;
  if (!text(node, value)) return;
  auto bytes = parse_size(value);
  if (bytes)
    out = *bytes;
  else
    refuse(node, "a size in whole numbers belongs here: 512MiB, 8GiB");
}

void ConfigValues::count(const YAML::Node& node, double& out) {
  std::string value;
  if (!text(node, value)) return;
  auto number = parse_number<double>(value);
  if (number && std::isfinite(*number) && *number >= 0)
    out = *number;
  else
    refuse(node, "a number of 0 or more belongs here");
}

void ConfigValues::level(const YAML::Node& node, int& out) {
  constexpr int level_max = 19;  // beyond it zstd takes hundreds of megabytes
  std::string value;
  if (!text(node, value)) return;
  auto level = parse_number<int>(value);
  if (level && *level >= 0 && *level <= level_max)
    out = *level;
  else
    refuse(node, fmt::format("a level from 0 (none) to {} belongs here", level_max));
}

void ConfigValues::endpoint(const YAML::Node& node, std::string& out) {
  std::string value;
  if (!text(node, value)) return;
  if (is_endpoint(value))
    out = value;
  else
    refuse(node, "an endpoint is tcp://HOST:PORT");
}

void ConfigValues::host_and_port(const YAML::Node& node, std::string& out) {
  std::string value;
  if (!text(node, value)) return;
  if (is_host_and_port(value))
    out = value;
  else
    refuse(node, "HOST:PORT belongs here; IPv6 addresses stand in brackets");
}

void ConfigValues::address(const YAML::Node& node, std::string& out) {
  std::string value;
  if (!text(node, value)) return;
  if (parse_ip(value))
    out = value;
  else
    refuse(node, "an IP address of this machine belongs here");
}

void ConfigValues::ports(const YAML::Node& node, std::vector<PortRange>& out) {
  std::vector<PortRange> ranges;
  if (node.IsScalar() && node.Scalar() == "any") {
    out.clear();
    return;
  }
  for (const YAML::Node& item : list(node)) {
    std::string value;
    if (!text(item, value)) continue;
    if (auto range = parse_ports(value))
      ranges.push_back(*range);
    else
      refuse(item, "a port, or the first and last of several, belongs here: 7372, 7400-7499");
  }
  out = std::move(ranges);
}

void ConfigValues::zookeeper(const YAML::Node& node, std::string& out) {
  std::string value;
  if (!text(node, value)) return;
  std::string_view servers = std::string_view(value).substr(0, value.find('/'));
  std::string_view path = std::string_view(value).substr(servers.size());
  bool good = !servers.empty() && path != "/" && !path.ends_with('/') &&
              path.find("//") == std::string_view::npos;
  while (good && !servers.empty()) {
    std::size_t comma = std::min(servers.find(','), servers.size());
    good = is_host_and_port(servers.substr(0, comma)) && comma + 1 != servers.size();
    servers.remove_prefix(std::min(comma + 1, servers.size()));
  }
  if (good)
    out = value;
  else
    refuse(node, "servers belong here, and a path: HOST:PORT,HOST:PORT/PATH");
}

void ConfigValues::secret(const YAML::Node& node, const std::string& prefix, SecretSource& out) {
  if (node.IsScalar()) {
    problems_.add(node.Mark(),
                  "secrets do not stand in this file: {file: PATH} or {env: VARIABLE} says where "
                  "it is");
    return;
  }
  SecretSource source;
  read_map(node, prefix,
           {{"file", [&](const YAML::Node& value) { path(value, source.file); }},
            {"env", [&](const YAML::Node& value) { text(value, source.environment); }}},
           problems_);
  if (node.IsMap() && source.file.empty() == source.environment.empty())
    problems_.add(node.Mark(), "either 'file' or 'env' belongs here");
  else
    out = source;
}

void ConfigValues::coordinators(const YAML::Node& node, std::vector<CoordinatorAddress>& out) {
  std::vector<CoordinatorAddress> all;
  for (const YAML::Node& item : list(node)) {
    CoordinatorAddress& address = all.emplace_back();
    address.name = "coordinator";
    if (item.IsScalar()) {
      endpoint(item, address.endpoint);
      continue;
    }
    read_map(item, "coordinators.",
             {{"name", [&](const YAML::Node& value) { name(value, address.name); }},
              {"endpoint", [&](const YAML::Node& value) { endpoint(value, address.endpoint); }}},
             problems_);
    if (item.IsMap() && !item["endpoint"])
      problems_.add(item.Mark(), "'endpoint' is missing: tcp://HOST:PORT");
  }
  out = std::move(all);
}

}  // namespace dnstorm::cluster::detail
