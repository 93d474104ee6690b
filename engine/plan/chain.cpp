#include <algorithm>

#include "engine/plan/plan.hpp"

namespace dnstorm::plan {

namespace {

bool stays_in_place(const InputPlan& input, const ComponentPlan& from, const ComponentPlan& to) {
  if (from.tasks != to.tasks || from.executors != to.executors) return false;
  if (from.place != to.place) return false;
  if (input.grouping == GroupingType::local_or_shuffle) return true;
  bool deals_out = input.grouping == GroupingType::shuffle || input.grouping == GroupingType::none;
  // A custom grouping may give a row to nobody.
  bool to_the_one = to.light && input.grouping != GroupingType::custom;
  return to.tasks == 1 && (deals_out || to_the_one);
}

}  // namespace

void set_chains(Plan& plan) {
  for (ComponentPlan& component : plan.components) {
    if (component.inputs.empty() || !component.may_chain) continue;
    std::size_t source = component.inputs.front().component;
    bool all =
        std::all_of(component.inputs.begin(), component.inputs.end(), [&](const InputPlan& input) {
          return input.component == source &&
                 stays_in_place(input, plan.components[source], component);
        });
    if (all) component.chained_to = source;
  }
}

}  // namespace dnstorm::plan
