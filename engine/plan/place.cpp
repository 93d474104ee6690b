#include <algorithm>

#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

std::vector<std::string> ids_of(const Draft& draft) {
  std::vector<std::string> ids;
  for (const DraftComponent& component : draft.components) ids.push_back(component.id());
  return ids;
}

}  // namespace

void check_places(Draft& draft) {
  const std::vector<std::string> ids = ids_of(draft);
  for (const DraftComponent& component : draft.components) {
    const topology::PlaceRule& rule = component.source->rule;
    for (const std::string& other : rule.apart) {
      if (std::find(ids.begin(), ids.end(), other) != ids.end()) continue;
      draft.add(rule.apart_place,
                fmt::format("'{}' is to be apart from '{}', which is no component{}",
                            component.id(), other, did_you_mean(other, ids)));
    }
  }
}

void check_rebalance(Draft& draft, const std::map<std::string, std::uint32_t>& executors) {
  const std::vector<std::string> ids = ids_of(draft);
  for (const auto& [id, count] : executors) {
    auto found = std::find(ids.begin(), ids.end(), id);
    if (found == ids.end()) {
      draft.add({}, fmt::format("executors are asked for of '{}', which is no component{}", id,
                                did_you_mean(id, ids)));
      continue;
    }
    const auto& component = draft.components[static_cast<std::size_t>(found - ids.begin())];
    if (component.source->rule.per_node)
      draft.add({}, fmt::format("executors are asked for of '{}', which has one on each node", id));
    else if (count == 0)
      draft.add({}, fmt::format("'{}' is to have no executor; it needs at least one", id));
  }
}

}  // namespace dnstorm::plan::detail
