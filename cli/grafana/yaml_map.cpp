#include "cli/grafana/yaml_map.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "engine/api/options.hpp"

namespace dnstorm::cli::grafana {

void Problem::add(const YAML::Mark& at, std::string what) {
  if (found()) return;
  if (!at.is_null()) {
    line_ = at.line + 1;
    column_ = at.column + 1;
  }
  what_ = std::move(what);
}

Error Problem::error(const std::string& file) const {
  std::string place = line_ == 0 ? file : fmt::format("{}:{}:{}", file, line_, column_);
  return {ErrorKind::config, place + ": " + what_, ""};
}

YAML::Node parse_yaml(const std::string& text, Problem& problem) {
  try {
    return YAML::Load(text);
  } catch (const YAML::Exception& wrong) {
    problem.add(wrong.mark, wrong.msg);
    return {};
  }
}

YamlMap::YamlMap(const YAML::Node& node, std::string what, Problem& problem)
    : node_(node), what_(std::move(what)), problem_(problem) {
  if (!node_.IsMap()) problem_.add(node_.Mark(), what_ + " is a map of keys and values");
}

YAML::Node YamlMap::find(const std::string& key) {
  asked_.push_back(key);
  return node_.IsMap() ? node_[key] : YAML::Node(YAML::NodeType::Undefined);
}

bool YamlMap::has(const std::string& key) const { return node_.IsMap() && node_[key].IsDefined(); }

YAML::Mark YamlMap::mark(const std::string& key) const {
  return has(key) ? node_[key].Mark() : node_.Mark();
}

void YamlMap::refuse(const std::string& key, const std::string& why) {
  problem_.add(mark(key), fmt::format("'{}' of {} {}", key, what_, why));
}

std::optional<std::string> YamlMap::scalar(const std::string& key) {
  YAML::Node value = find(key);
  if (!value.IsDefined()) return std::nullopt;
  if (value.IsScalar()) return value.Scalar();
  refuse(key, "is one value");
  return std::nullopt;
}

const std::string& YamlMap::checked(const std::string& value, const std::string& key) {
  bool fits = !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return c >= ' ' && c != '"' && c != '\'' && c != '\\' && c != '$' && c != '{';
  });
  if (!fits) refuse(key, fmt::format("cannot be '{}'", value));
  return value;
}

std::string YamlMap::text(const std::string& key) {
  std::optional<std::string> value = scalar(key);
  if (!value || value->empty()) refuse(key, "is missing");
  return value.value_or("");
}

std::string YamlMap::identifier(const std::string& key) {
  std::string value = text(key);
  return value.empty() ? value : checked(value, key);
}

std::string YamlMap::identifier_or(const std::string& key, const std::string& otherwise) {
  std::optional<std::string> value = scalar(key);
  return value ? checked(*value, key) : otherwise;
}

std::vector<std::string> YamlMap::scalars(const YAML::Node& node, const std::string& key) {
  std::vector<std::string> values;
  if (node.IsScalar()) values.push_back(checked(node.Scalar(), key));
  if (node.IsSequence())
    for (const YAML::Node& item : node)
      values.push_back(item.IsScalar() ? checked(item.Scalar(), key) : "");
  if (values.empty() || std::find(values.begin(), values.end(), "") != values.end())
    refuse(key, "is a value or a list of values");
  return values;
}

std::vector<std::string> YamlMap::identifiers(const std::string& key) {
  YAML::Node value = find(key);
  // An empty list says: none, whatever the default is.
  if (!value.IsDefined() || (value.IsSequence() && value.size() == 0)) return {};
  return scalars(value, key);
}

std::vector<YAML::Node> YamlMap::list(const std::string& key) {
  YAML::Node value = find(key);
  std::vector<YAML::Node> items;
  if (!value.IsDefined() || !value.IsSequence()) {
    refuse(key, value.IsDefined() ? "is a list" : "is missing");
    return items;
  }
  for (const YAML::Node& item : value) items.push_back(item);
  return items;
}

Condition YamlMap::condition(const std::string& key) {
  Condition condition;
  YAML::Node value = find(key);
  if (!value.IsDefined()) return condition;
  if (!value.IsMap()) {
    refuse(key, "is a map of tags and values");
    return condition;
  }
  for (const auto& entry : value)
    condition.emplace_back(checked(entry.first.Scalar(), key), scalars(entry.second, key));
  return condition;
}

std::uint32_t YamlMap::number_or(const std::string& key, std::uint32_t otherwise, std::uint32_t min,
                                 std::uint32_t max) {
  std::optional<std::string> value = scalar(key);
  if (!value) return otherwise;
  std::uint32_t number = 0;
  const char* end = value->data() + value->size();
  auto [stop, code] = std::from_chars(value->data(), end, number);
  if (code != std::errc() || stop != end || number < min || number > max)
    refuse(key, fmt::format("is a whole number from {} to {}, not '{}'", min, max, *value));
  return number;
}

std::size_t YamlMap::choose(const std::string& key, const std::vector<std::string>& names) {
  std::string value = text(key);
  auto found = std::find(names.begin(), names.end(), value);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  if (!value.empty())
    refuse(key, fmt::format("is one of {}, not '{}'", fmt::join(names, ", "), value));
  return 0;
}

void YamlMap::finish() {
  if (!node_.IsMap()) return;
  for (const auto& entry : node_) {
    const std::string& key = entry.first.Scalar();
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    std::string hint = nearest(key, asked_);
    problem_.add(entry.first.Mark(),
                 fmt::format("{} has no key '{}'{}", what_, key,
                             hint.empty() ? "" : ", did you mean '" + hint + "'?"));
  }
}

}  // namespace dnstorm::cli::grafana
