#include <array>

#include "engine/topology/topology.hpp"

namespace dnstorm::topology {

namespace {

struct GroupingName {
  std::string_view name;
  GroupingType type;
};
constexpr std::array<GroupingName, 9> table = {
    {{"SHUFFLE", GroupingType::shuffle},
     {"FIELDS", GroupingType::fields},
     {"PARTIAL_KEY", GroupingType::partial_key},
     {"ALL", GroupingType::all},
     {"GLOBAL", GroupingType::global},
     {"LOCAL_OR_SHUFFLE", GroupingType::local_or_shuffle},
     {"NONE", GroupingType::none},
     {"DIRECT", GroupingType::direct},
     {"CUSTOM", GroupingType::custom}}};

}  // namespace

std::string_view name_of(GroupingType type) {
  for (const GroupingName& grouping : table)
    if (grouping.type == type) return grouping.name;
  return "?";
}

std::optional<GroupingType> grouping_named(std::string_view name) {
  for (const GroupingName& grouping : table)
    if (grouping.name == name) return grouping.type;
  return std::nullopt;
}

std::vector<std::string> grouping_names() {
  std::vector<std::string> names;
  for (const GroupingName& grouping : table) names.emplace_back(grouping.name);
  return names;
}

}  // namespace dnstorm::topology
