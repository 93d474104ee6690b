// A map of YAML as the reader of panels wants it: keys asked for by name, values of one kind each,
// and the first problem kept with its place; nobody has to look before the end. Keys that nobody
// asked for are a problem, too.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/grafana/panel.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cli::grafana {

template <class T>
struct Choice {
  std::string_view name;
  T value;
};

// The first of all problems of one file.
class Problem {
 public:
  void add(const YAML::Mark& at, std::string what);
  bool found() const { return !what_.empty(); }
  Error error(const std::string& file) const;

 private:
  int line_ = 0;  // 1-based; 0: unknown
  int column_ = 0;
  std::string what_;
};

YAML::Node parse_yaml(const std::string& text, Problem& problem);

class YamlMap {
 public:
  // `what` names the map in messages. A node that is not a map is a problem.
  YamlMap(const YAML::Node& node, std::string what, Problem& problem);

  bool has(const std::string& key) const;
  // Required.
  std::string text(const std::string& key);
  std::string identifier(const std::string& key);
  template <class T, std::size_t N>
  T choice(const std::string& key, const Choice<T> (&choices)[N]) {
    std::vector<std::string> names;
    for (const Choice<T>& choice : choices) names.emplace_back(choice.name);
    std::size_t index = choose(key, names);
    return choices[index].value;
  }
  // Empty if they are not there.
  std::vector<std::string> identifiers(const std::string& key);  // a list, or a single one
  std::vector<YAML::Node> list(const std::string& key);
  Condition condition(const std::string& key);  // {tag: value, tag: [value, value]}
  std::string identifier_or(const std::string& key, const std::string& otherwise);
  std::uint32_t number_or(const std::string& key, std::uint32_t otherwise, std::uint32_t min,
                          std::uint32_t max);
  // A problem with the value of `key`.
  void refuse(const std::string& key, const std::string& why);
  void rename(std::string what) { what_ = std::move(what); }
  // To be called last: what was never asked for is unknown.
  void finish();

 private:
  YAML::Node find(const std::string& key);
  YAML::Mark mark(const std::string& key) const;
  std::optional<std::string> scalar(const std::string& key);
  std::vector<std::string> scalars(const YAML::Node& node, const std::string& key);
  // Names and values stand in queries between quotes, so they have no quotes of their own.
  const std::string& checked(const std::string& value, const std::string& key);
  std::size_t choose(const std::string& key, const std::vector<std::string>& names);

  const YAML::Node node_;
  std::string what_;
  Problem& problem_;
  std::vector<std::string> asked_;
};

}  // namespace dnstorm::cli::grafana
