#include "cluster/model/detail/config_yaml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "engine/api/options.hpp"

namespace dnstorm::cluster::detail {

namespace {

// Text of a file in a message of one line.
std::string shown(std::string_view text) {
  constexpr std::size_t length_max = 200;
  std::string out(text.substr(0, length_max));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  std::string hint = nearest(word, known);
  return hint.empty() ? fmt::format("; known are {}", fmt::join(known, ", "))
                      : fmt::format(", did you mean '{}'?", hint);
}

}  // namespace

std::string ConfigProblems::place(const YAML::Mark& mark) const {
  if (mark.is_null() || mark.line < 0) return file_;
  return fmt::format("{}:{}:{}", file_, mark.line + 1, mark.column + 1);
}

void ConfigProblems::add(const YAML::Mark& mark, const std::string& what) {
  lines_.push_back(fmt::format("{}: {}", place(mark), what));
}

void ConfigProblems::add_for(const std::string& key, const std::string& what) {
  auto found = places_.find(key);
  lines_.push_back(found == places_.end() ? what : fmt::format("{}: {}", found->second, what));
}

Error ConfigProblems::error() const {
  return {ErrorKind::config, fmt::format("{}", fmt::join(lines_, "\n")), {}};
}

void read_map(const YAML::Node& node, const std::string& prefix, const std::vector<ConfigKey>& keys,
              ConfigProblems& problems) {
  std::string what = prefix.empty() ? "a cluster file" : fmt::format("'{}'", prefix);
  if (!prefix.empty()) what.erase(what.size() - 2, 1);  // 'node.' -> 'node'
  if (!node.IsMap()) {
    problems.add(node.Mark(), what + " is a map of keys and values");
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    auto known = std::find_if(keys.begin(), keys.end(),
                              [&](const ConfigKey& candidate) { return candidate.name == key; });
    if (known == keys.end()) {
      std::vector<std::string> names;
      for (const ConfigKey& candidate : keys) names.push_back(candidate.name);
      problems.add(entry.first.Mark(),
                   fmt::format("{} has no key '{}'{}", what, shown(key), suggestion(key, names)));
    } else if (!seen.insert(key).second) {
      problems.add(entry.first.Mark(), fmt::format("'{}{}' stands here twice", prefix, key));
    } else {
      problems.remember(prefix + key, entry.second.Mark());
      known->read(entry.second);
    }
  }
}

void read_names(const YAML::Node& node, const std::string& what,
                const std::function<void(const std::string&, const YAML::Node&)>& read,
                ConfigProblems& problems) {
  if (!node.IsMap()) {
    problems.add(node.Mark(), fmt::format("'{}' is a map of names", what));
    return;
  }
  for (const auto& entry : node) {
    std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (is_cluster_name(name))
      read(name, entry.second);
    else
      problems.add(entry.first.Mark(),
                   fmt::format("'{}' is no name: letters, digits, '.', '_' and '-', at most 63, a "
                               "letter or a digit first",
                               shown(name)));
  }
}

}  // namespace dnstorm::cluster::detail
